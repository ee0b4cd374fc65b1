// SPDX-License-Identifier: Apache-2.0

/** Six digits, as the tool prints them. */
export function number(x, digits = 6) {
  if (x === null || x === undefined) return "–";
  if (x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e9)) {
    const [head, power] = x.toExponential(Math.min(digits, 3) - 1).split("e");
    return `${Number(head)}e${Number(power)}`.replaceAll("-", "−");
  }
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

export const escaped = (text) =>
  String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
