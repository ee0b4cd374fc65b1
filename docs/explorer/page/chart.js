// SPDX-License-Identifier: Apache-2.0
// Draws curves as SVG. On the page colours are the style sheet's, in a file they are written out.
import { escaped, number } from "./format.js";

const margin = { left: 46, right: 14, top: 14, bottom: 40 };
const row = 20; // of a legend

export const page = {
  ink: "var(--ink)",
  faint: "var(--line)",
  paper: "none",
  behind: "var(--paper)",
  series: [0, 1, 2, 3, 4, 5].map((i) => `var(--series-${i})`),
};

export const paper = {
  ink: "#222222",
  faint: "#d8dde3",
  paper: "#ffffff",
  behind: "#ffffff",
  series: ["#0b5cad", "#b8500f", "#1b7a4a", "#8b3f9e", "#9b7400", "#5b6570"],
};

/** Round numbers from lo to hi, some `count` of them. */
export function ticks(lo, hi, count) {
  const least = (hi - lo) / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * [1, 2, 5, 10].find((part) => part * power >= least);
  const found = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + 1e-9 * step; ++i) found.push(i * step);
  return found;
}

/** Those from lo to hi of 1, 2 and 5 times the powers of 10. */
function decades(lo, hi) {
  const found = [];
  for (let power = Math.floor(Math.log10(lo)); 10 ** power <= hi; ++power) {
    for (const part of [1, 2, 5]) found.push(Number(`${part}e${power}`));
  }
  return found.filter((y) => lo <= y && y <= hi);
}

/**
 * From numbers to places and back. `logarithmic`: the axis across; `decades`: the one upwards.
 * `legend`: [{name, colour, dash}], in rows above the plot.
 */
export class Frame {
  constructor({ width, height, x, y, logarithmic = false, decades = false, legend = [] }) {
    Object.assign(this, { width, height, x, y, logarithmic, decades });
    this.left = margin.left;
    // A page may be without width for a moment.
    this.right = Math.max(width - margin.right, this.left);
    this.entries = laid(legend, this.left, this.right);
    this.top = margin.top + row * (this.entries.at(-1)?.line + 1 || 0);
    this.bottom = Math.max(height - margin.bottom, this.top);
  }
  #scaled(x) {
    return this.logarithmic ? Math.log10(x) : x;
  }
  across(x) {
    const [lo, hi] = this.x.map((end) => this.#scaled(end));
    return this.left + ((this.#scaled(x) - lo) / (hi - lo)) * (this.right - this.left);
  }
  up(y) {
    const [lo, hi, at] = [...this.y, y].map((end) => (this.decades ? Math.log10(end) : end));
    return this.bottom - ((at - lo) / (hi - lo)) * (this.bottom - this.top);
  }
  /** The number at a place. */
  value(place) {
    return this.y[0] + ((this.bottom - place) / (this.bottom - this.top)) * (this.y[1] - this.y[0]);
  }
  /** Numbers on the axis, one for each two pixels, and four a pixel where chains are steepest. */
  samples() {
    const [lo, hi] = this.x.map((end) => this.#scaled(end));
    const wide = this.right - this.left;
    const places = this.logarithmic ? [] : Array.from({ length: 96 }, (_, i) => i / 4);
    for (let at = places.length / 4; at < wide; at += 2) places.push(at);
    places.push(wide);
    return Float64Array.from(places, (place) => {
      const at = lo + ((hi - lo) * place) / wide;
      return this.logarithmic ? 10 ** at : at;
    });
  }
}

/** Where the entries of a legend stand: from left to right, in as many lines as they need. */
function laid(legend, left, right) {
  let [x, line] = [left, 0];
  return legend.map((entry) => {
    const width = 34 + 7 * entry.name.length; // no letter is known to be wider
    if (x > left && x + width > right) [x, line] = [left, line + 1];
    const place = { ...entry, x, line };
    x += width + 10;
    return place;
  });
}

function legendOf(f, colours) {
  return f.entries
    .map(({ name, colour, dash = "", x, line }) => {
      const y = margin.top + row * line;
      return (
        `<path d="M${x} ${y}h18" stroke="${colour}" stroke-width="3" ` +
        `stroke-dasharray="${dash}"/>` +
        `<text x="${x + 24}" y="${y + 4}" fill="${colours.ink}">${escaped(name)}</text>`
      );
    })
    .join("");
}

function axes(f, colours, labels) {
  const out = [];
  const text = (x, y, anchor, content) =>
    out.push(`<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`);
  const line = (x1, y1, x2, y2) =>
    out.push(`<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${colours.faint}"/>`);
  const marks = f.logarithmic
    ? [1e-4, 1e-3, 1e-2, 1e-1, 1].filter((x) => f.x[0] <= x && x <= f.x[1])
    : ticks(...f.x, f.width < 420 ? 5 : 10);
  for (const x of marks) {
    line(f.across(x).toFixed(1), f.top, f.across(x).toFixed(1), f.bottom);
    text(f.across(x).toFixed(1), f.bottom + 17, "middle", number(x));
  }
  for (const y of f.decades ? decades(...f.y) : ticks(...f.y, 6)) {
    line(f.left, f.up(y).toFixed(1), f.right, f.up(y).toFixed(1));
    text(f.left - 7, (f.up(y) + 4).toFixed(1), "end", number(y));
  }
  text((f.left + f.right) / 2, f.height - 6, "middle", labels.x);
  out.push(
    `<text transform="translate(12 ${(f.top + f.bottom) / 2}) rotate(-90)" ` +
      `text-anchor="middle">${escaped(labels.y)}</text>`,
  );
  return out.join("");
}

/** A line through all finite points; far ones are cut, for no renderer takes every number. */
export function path(f, x, y) {
  let out = "";
  let broken = true;
  for (let i = 0; i < x.length; ++i) {
    const place = Math.min(Math.max(f.up(y[i]), -9999), 9999);
    if (Number.isFinite(place)) {
      out += `${broken ? "M" : "L"}${f.across(x[i]).toFixed(1)} ${place.toFixed(1)}`;
    }
    broken = !Number.isFinite(place);
  }
  return out;
}

let clips = 0;

/**
 * The content of an <svg>.
 * series: [{x, y, colour, width, dash, opacity}]; markers: [{at, label, colour}], upright lines;
 * dots: [{x, y, colour, hollow}].
 */
export function picture(f, { series, markers = [], dots = [], labels, colours }) {
  const clip = `plot-${++clips}`;
  const out = [
    `<rect width="100%" height="100%" fill="${colours.paper}"/>`,
    `<clipPath id="${clip}"><rect x="${f.left}" y="${f.top}" width="${f.right - f.left}" ` +
      `height="${f.bottom - f.top}"/></clipPath>`,
    legendOf(f, colours),
    `<g fill="${colours.ink}">${axes(f, colours, labels)}</g>`,
    `<g clip-path="url(#${clip})" fill="none" stroke-linejoin="round">`,
  ];
  for (const s of series) {
    out.push(
      `<path d="${path(f, s.x, s.y)}" stroke="${s.colour}" stroke-width="${s.width ?? 2}"` +
        (s.dash ? ` stroke-dasharray="${s.dash}"` : "") +
        (s.opacity ? ` stroke-opacity="${s.opacity.toFixed(2)}"` : "") +
        "/>",
    );
  }
  out.push("</g>");
  for (const d of dots) {
    if (d.x < f.x[0] || d.y < f.y[0] || d.y > f.y[1]) continue;
    out.push(
      `<circle cx="${f.across(d.x).toFixed(1)}" cy="${f.up(d.y).toFixed(1)}" r="4" ` +
        (d.hollow
          ? `fill="${colours.behind}" stroke="${d.colour}" stroke-width="2"/>`
          : `fill="${d.colour}"/>`),
    );
  }
  for (const m of markers) {
    if (!(f.x[0] <= m.at && m.at <= f.x[1])) continue;
    const x = f.across(m.at);
    const before = x > (f.left + f.right) / 2;
    out.push(
      `<path d="M${x.toFixed(1)} ${f.top}V${f.bottom}" stroke="${m.colour}" ` +
        `stroke-dasharray="2 3"/><text x="${(x + (before ? -6 : 6)).toFixed(1)}" ` +
        `y="${before ? f.top + 14 : f.bottom - 8}" text-anchor="${before ? "end" : "start"}" ` +
        `fill="${colours.ink}">${escaped(m.label)}</text>`,
    );
  }
  return out.join("");
}

/** The least range about all numbers that is worth a look, with room. */
export function fitted(rows) {
  let [lo, hi] = [0, 1];
  for (const row of rows) {
    for (const y of row) {
      if (y < lo) lo = y;
      if (y > hi) hi = y;
    }
  }
  [lo, hi] = [Math.max(lo, -4), Math.min(hi, 5)];
  const room = 0.04 * (hi - lo);
  return [lo - room, hi + room];
}
