// SPDX-License-Identifier: Apache-2.0
// What the page shows, as the address holds it: #chain=highpass:kp=2&with=muon~spectral&gain=0.01
// A filter is written CHAIN[~NORMALIZER]; a chain of own coefficients own:a,b,c;a,b,c;...

export const initial = () => ({
  filter: { chain: "highpass:kp=2", normalizer: "frobenius" },
  beside: [],
  gain: 1e-6,
  logarithmic: false,
  shown: null, // how many steps are drawn; null: all
  matrix: null, // what they are shown on; null: none
});

/** A signal in noise: as strong as it, in few directions. */
export const initialMatrix = () => ({ rows: 64, cols: 64, rank: 4, snr: 1, seed: 1 });

export const isOwn = (chain) => chain.startsWith("own:");

export const own = (steps) => `own:${steps.map((step) => step.join(",")).join(";")}`;

/** The steps of a chain of own coefficients. */
export const ownSteps = (chain) =>
  chain.slice("own:".length).split(";").map((step) => step.split(",").map(Number));

export function written({ chain, normalizer }) {
  return normalizer === "frobenius" ? chain : `${chain}~${normalizer}`;
}

export function filterOf(text) {
  const [chain, normalizer = "frobenius"] = text.split("~");
  return { chain, normalizer };
}

/** How the library is asked of a filter. */
export const question = (call, { chain, normalizer }, rest = {}) =>
  isOwn(chain)
    ? { call, steps: ownSteps(chain), name: "own", normalizer, ...rest }
    : { call, chain, normalizer, ...rest };

export function address(state) {
  const parts = [`chain=${written(state.filter)}`];
  for (const filter of state.beside) parts.push(`with=${written(filter)}`);
  if (state.gain !== initial().gain) parts.push(`gain=${state.gain}`);
  if (state.logarithmic) parts.push("axis=log");
  if (state.shown !== null) parts.push(`shown=${state.shown}`);
  if (state.matrix) parts.push(`matrix=${Object.values(state.matrix).join(",")}`);
  return `#${encodeURI(parts.join("&"))}`;
}

const isStep = (step) => step.length === 3 && step.every(Number.isFinite);
const sound = ({ chain }) => !isOwn(chain) || ownSteps(chain).every(isStep);

function matrixOf(text) {
  const values = text.split(",").map(Number);
  const keys = Object.keys(initialMatrix());
  const sound = values.length === keys.length && values.every((x) => x > 0);
  return sound ? Object.fromEntries(keys.map((key, i) => [key, values[i]])) : null;
}

/** The state of an address. What it does not say, or says wrongly, is as at the start. */
export function stateOf(hash) {
  const state = initial();
  let text = hash.replace(/^#/, "");
  try {
    text = decodeURI(text);
  } catch {
    return state;
  }
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    const [key, value] = [part.slice(0, at), part.slice(at + 1)];
    const filter = filterOf(value);
    if (key === "chain" && sound(filter)) state.filter = filter;
    if (key === "with" && sound(filter)) state.beside.push(filter);
    if (key === "gain" && Number(value) > 0) state.gain = Number(value);
    if (key === "axis") state.logarithmic = value === "log";
    if (key === "matrix") state.matrix = matrixOf(value);
    if (key === "shown" && /^\d+$/.test(value)) state.shown = Number(value);
  }
  return state;
}
