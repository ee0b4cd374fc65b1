// SPDX-License-Identifier: Apache-2.0
// The table of what is known of the filters, a column for each.
import { title } from "./controls.js";
import { escaped, number } from "./format.js";

const proved = '<span class="proved" role="img" aria-label="proved" title="proved">✓</span>';
const list = (numbers) => (numbers.length ? numbers.map((x) => number(x)).join(", ") : "none");

function directions(shape, key) {
  const most = key === undefined ? shape.max_survivors : shape.max_survivors_at_gain[key];
  if (most === null) return "no limit";
  return most < 1e6 ? String(most) : most.toExponential(2).replace("e+", "e");
}

/** [what, note, value(shape)]: one row each. */
const rows = (gain) => [
  ["Range on [0, 1]", proved, (s) => s.range.map((x) => number(x)).join(" to ")],
  ["Monotone: keeps the order", proved, (s) => s.monotone_verdict],
  ["Fixed points above 0", proved, (s) => list(s.fixed_points)],
  ["Steepest slope", proved, (s) => number(s.lipschitz)],
  ["Repeated, returns to 1", proved,
    (s) => (s.basin_of_one ? `from ${s.basin_of_one.map((x) => number(x)).join(" to ")}` : "–")],
  ["Cutoff", "", (s) => number(s.cutoff)],
  [`Survivors, gain above ${number(gain)}`, "", (s) => directions(s)],
  ...["0.01", "0.1", "0.5", "0.9", "0.99"].map((key) => [
    `Gain ${key}: from σ`, proved,
    (s) => {
      const from = s.sigma_at_gain[key];
      return from === null ? "–" : `${number(from)} (${directions(s, key)})`;
    },
  ]),
  ["Sensitivity to coefficients", "", (s) => number(s.sensitivity, 4)],
  ...[["float32", "float32"], ["bfloat16", "bfloat16"], ["decimals3", "3 decimals"]].map(
    ([key, name]) => [`Moved by rounding to ${name}`, "", (s) => number(s.rounding[key], 2)],
  ),
  ["Every answer is decided", "", (s) => (s.certified ? "yes" : "no")],
];

/** columns: [{filter, colour, shape, error}]; the first is the filter that is edited. */
export function showFacts(table, columns, gain) {
  const heads = columns.map(
    ({ filter, colour }, i) =>
      `<th scope="col"><span class="chip" style="background:${colour}"></span>` +
      escaped(title(filter.chain)) +
      (i ? `<button type="button" data-remove="${i - 1}" aria-label="Stop comparing ` +
           `${escaped(title(filter.chain))}">×</button>` : "") +
      `<small>${filter.normalizer}</small></th>`,
  );
  const body = rows(gain).map(
    ([what, note, value]) =>
      `<tr><th scope="row">${what} ${note}</th>` +
      columns.map(({ shape }) => `<td>${shape ? escaped(value(shape)) : "–"}</td>`).join("") +
      "</tr>",
  );
  table.innerHTML =
    `<thead><tr><th scope="col">What it does</th>${heads.join("")}</tr></thead>` +
    `<tbody>${body.join("")}</tbody>`;
}

/** One sentence, for those who do not see the picture. */
export function spoken(filter, shape) {
  const cut = shape.cutoff === null ? "no cutoff" : `cutoff ${number(shape.cutoff, 4)}`;
  return (
    `${title(filter.chain)}: range ${shape.range.map((x) => number(x, 4)).join(" to ")}, ${cut}, ` +
    `monotone: ${shape.monotone_verdict}.`
  );
}
