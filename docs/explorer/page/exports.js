// SPDX-License-Identifier: Apache-2.0
// A filter in the languages in which it is used elsewhere.
import { isOwn } from "./state.js";

const list = (steps, open, close) =>
  `${open}${steps.map((step) => `${open}${step.join(", ")}${close}`).join(", ")}${close}`;

/** The file that the tool takes as @FILE, and Python too. */
export const json = (name, steps) => JSON.stringify({ name, steps });

export function cpp({ normalizer }, steps) {
  const chain = `pion::Chain${list(steps, "{", "}")}`;
  return `const pion::Filter filter{${chain}, pion::Normalizer::${normalizer}};`;
}

export function python({ chain, normalizer }, steps) {
  const what = isOwn(chain) ? list(steps, "[", "]") : `"${chain}"`;
  return `f = pion.Filter(${what}, normalizer="${normalizer}")`;
}

export function shell({ chain, normalizer }) {
  const what = isOwn(chain) ? "@chain.json" : chain;
  return `pion shape ${what} --normalizer ${normalizer}`;
}

/** A picture as a file of its own. */
export const drawn = (width, height, content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
  `width="${width}" height="${height}" font-size="12" ` +
  `font-family="Helvetica, Arial, sans-serif">${content}</svg>\n`;

export function download(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
