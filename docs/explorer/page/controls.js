// SPDX-License-Identifier: Apache-2.0
// The controls that choose a chain: a family with its keys, or the coefficients themselves.
import { isOwn, ownSteps } from "./state.js";

/** The values that a chain's text gives to the keys of its family. */
export function valuesOf(text, family) {
  const given = new Map(
    text.split(":").slice(1).join(":").split(",").filter(Boolean).map((pair) => pair.split("=")),
  );
  return family.keys.map((key) => {
    const value = given.has(key.name) ? Number(given.get(key.name)) : key.otherwise;
    return value ?? (key.whole ? 2 : 0.3);
  });
}

/** The text of a chain; keys that have their usual value are left out. */
export function textOf(family, values) {
  const pairs = family.keys
    .map((key, i) => (values[i] === key.otherwise ? "" : `${key.name}=${values[i]}`))
    .filter(Boolean);
  return pairs.length ? `${family.name}:${pairs.join(",")}` : family.name;
}

/** A slider goes along the logarithm where a key has many orders of magnitude. */
function scale(key) {
  const logarithmic = key.lo > 0 && key.hi / key.lo > 1e4;
  if (!logarithmic) {
    const same = (x) => x;
    return { lo: key.lo, hi: key.hi, step: key.whole ? 1 : 0.001, to: same, from: same };
  }
  return {
    lo: Math.log10(key.lo), hi: Math.log10(key.hi), step: 0.01,
    to: Math.log10, from: (x) => Number((10 ** x).toPrecision(2)),
  };
}

/** Fills `place` with a slider and a field for each key. */
export function showKeys(place, family, values, onChange) {
  place.innerHTML = family.keys
    .map((key, i) => {
      const s = scale(key);
      return (
        `<div class="key"><label for="key-${key.name}">${key.name}</label>` +
        `<input type="range" id="slide-${key.name}" data-key="${i}" ` +
        `aria-label="${key.name}, slider" ` +
        `min="${s.lo}" max="${s.hi}" step="${s.step}" value="${s.to(values[i])}">` +
        `<input type="number" id="key-${key.name}" data-key="${i}" ` +
        `min="${key.lo}" max="${key.hi}" step="${key.whole ? 1 : "any"}" ` +
        `value="${values[i]}"></div>`
      );
    })
    .join("");
  place.oninput = ({ target }) => {
    const i = Number(target.dataset.key);
    const key = family.keys[i];
    const typed = Number(target.value);
    const value = target.type === "range" ? scale(key).from(typed) : typed;
    if (target.value === "" || !(key.lo <= value && value <= key.hi)) return;
    values[i] = value;
    for (const input of place.querySelectorAll(`[data-key="${i}"]`)) {
      if (input !== target) input.value = input.type === "range" ? scale(key).to(value) : value;
    }
    onChange(textOf(family, values));
  };
}

/** A row of fields for each step; `selected` is the one whose curve is dragged. */
export function showSteps(place, steps, selected) {
  place.innerHTML = steps
    .map(
      (step, k) =>
        `<tr data-step="${k}"${k === selected ? ' class="selected"' : ""}>` +
        `<th scope="row"><label><input type="radio" name="step" value="${k}" ` +
        `${k === selected ? "checked" : ""}> ${k + 1}</label></th>` +
        step
          .map(
            (c, j) =>
              `<td><input type="number" step="any" value="${c}" ` +
              `aria-label="Step ${k + 1}, ${"abc"[j]}" data-coefficient="${j}"></td>`,
          )
          .join("") +
        `<td class="acts"><button type="button" data-act="up" aria-label="Move step ${k + 1} up" ` +
        `${k === 0 ? "disabled" : ""}>↑</button>` +
        `<button type="button" data-act="remove" aria-label="Remove step ${k + 1}" ` +
        `${steps.length === 1 ? "disabled" : ""}>×</button></td></tr>`,
    )
    .join("");
}

/** How a chain is called on the page. */
export const title = (chain) =>
  isOwn(chain) ? `own, ${ownSteps(chain).length} steps` : chain;
