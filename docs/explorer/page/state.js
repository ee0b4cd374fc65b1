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
  training: null, // who learns a matrix; null: nobody
});

/** A signal in noise: as strong as it, in few directions. */
export const initialMatrix = () => ({ rows: 64, cols: 64, rank: 4, snr: 1, seed: 1 });

/** A matrix that is learned. `rate`: of all; null: each its own best. `map`: the map is drawn. */
export const initialTraining = () => ({
  size: 64, rank: 4, snr: 0.1, condition: 1, steps: 150, seed: 0,
  optimisers: ["AdamW", "SGD", "Muon", "Pion kp=2"], rate: null, map: false,
});

const taskKeys = ["size", "rank", "snr", "condition", "steps", "seed"];

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
  if (state.training) {
    const { optimisers, rate, map } = state.training;
    parts.push(`training=${taskKeys.map((key) => state.training[key]).join(",")}`);
    parts.push(`optimisers=${optimisers.join(",")}`);
    if (rate !== null) parts.push(`rate=${rate}`);
    if (map) parts.push("map=drawn");
  }
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

/** `rest`: what the address says of the other keys. */
function trainingOf(text, rest) {
  const values = text.split(",").map(Number);
  const sound = values.length === taskKeys.length && values.every((x) => x >= 0);
  if (!sound || ![16, 32, 64].includes(values[0]) || ![1, 10].includes(values[3])) return null;
  const task = Object.fromEntries(taskKeys.map((key, i) => [key, values[i]]));
  return { ...initialTraining(), ...task, ...rest };
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
  const training = {}; // what is said of it
  let task;
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    const [key, value] = [part.slice(0, at), part.slice(at + 1)];
    const filter = filterOf(value);
    if (key === "chain" && sound(filter)) state.filter = filter;
    if (key === "with" && sound(filter)) state.beside.push(filter);
    if (key === "gain" && Number(value) > 0) state.gain = Number(value);
    if (key === "axis") state.logarithmic = value === "log";
    if (key === "matrix") state.matrix = matrixOf(value);
    if (key === "training") task = value;
    if (key === "optimisers") training.optimisers = value.split(",").filter(Boolean);
    if (key === "rate" && Number(value) > 0) training.rate = Number(value);
    if (key === "map") training.map = value === "drawn";
    if (key === "shown" && /^\d+$/.test(value)) state.shown = Number(value);
  }
  if (task !== undefined) state.training = trainingOf(task, training);
  return state;
}
