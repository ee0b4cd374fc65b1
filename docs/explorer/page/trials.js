// SPDX-License-Identifier: Apache-2.0
// What is asked of the library about one optimiser on one task, and how the answers are told.
import { number } from "./format.js";

/** The question (../wasm/calls.hpp). */
export function trial({ size, rank, snr, condition, steps, seed, rate }, optimiser) {
  const task = { call: "training", size, rank, snr, condition, steps, seed, optimiser };
  return rate === null ? task : { ...task, rate };
}

/** [one of the colours, dashes]: relatives have the same colour. */
const looks = {
  "AdamW": [0, ""], "Muon": [1, ""], "LRMuon k=4": [1, "7 4"], "LPMuon": [1, "2 3"],
  "Pion kp=0": [2, "2 3"], "Pion kp=1": [2, "5 3"], "Pion kp=2": [2, ""],
  "Pion kp=3": [2, "9 4"], "Pion kp=4": [2, "9 3 2 3"],
  "AboveNoise": [3, ""], "AboveNoise or all": [3, "7 4"], "SGD": [4, ""],
};

/** {colour, dash} of an optimiser's curve. */
export function look(name, colours) {
  const [place, dash] = looks[name] ?? [5, ""];
  return { colour: colours.series[place], dash };
}

export const times = (ratio) => number(Number(ratio.toPrecision(3)), 3);

/** Names with their errors, the least first; those that diverged are left out. */
export const ranking = (results) =>
  results.filter(({ losses: [error] }) => error !== null)
    .map(({ name, losses: [error] }) => ({ name, error }))
    .sort((a, b) => a.error - b.error);

/** One sentence, for those who do not see the picture. */
export function ahead(results) {
  const [first, ...others] = ranking(results);
  if (!first) return results.length ? "All diverged." : "";
  const rest = others.map(({ name, error }) => `${name} ${number(error, 3)}`).join(", ");
  return `${first.name} is ahead: error ${number(first.error, 3)}${rest && `; ${rest}`}.`;
}
