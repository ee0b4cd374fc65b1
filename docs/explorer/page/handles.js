// SPDX-License-Identifier: Apache-2.0
// One step of a chain with three points of its curve, which can be dragged or moved by keys.
import { Frame, page, picture } from "./chart.js";
import { number } from "./format.js";

const places = [1 / 3, 2 / 3, 1];
const y = [-1.5, 2.5];

/** The coefficients of the odd quintic through three points: p(s) / s is a quadratic in s^2. */
export function through(values) {
  const r = places.map((s) => s * s);
  const q = values.map((v, i) => v / places[i]);
  const first = (q[1] - q[0]) / (r[1] - r[0]);
  const c = ((q[2] - q[1]) / (r[2] - r[1]) - first) / (r[2] - r[0]);
  const b = first - c * (r[0] + r[1]);
  const a = q[0] - r[0] * (b + c * r[0]);
  return [a, b, c].map((x) => Number(x.toFixed(6)));
}

const gain = ([a, b, c], s) => s * (a + s * s * (b + s * s * c));

export class Handles {
  /** onMove(step): the coefficients, many times in a second. */
  constructor(svg, onMove) {
    this.svg = svg;
    this.curve = svg.querySelector(".curve");
    this.points = [...svg.querySelectorAll("[role=slider]")];
    this.points.forEach((point, i) => {
      point.addEventListener("pointerdown", (event) => {
        point.setPointerCapture(event.pointerId);
        this.dragged = i;
        point.focus();
        event.preventDefault();
      });
      point.addEventListener("pointermove", (event) => {
        if (this.dragged !== i) return;
        const top = svg.getBoundingClientRect().top;
        this.#set(i, this.frame.value(event.clientY - top));
      });
      for (const end of ["pointerup", "pointercancel"]) {
        point.addEventListener(end, () => (this.dragged = undefined));
      }
      point.addEventListener("keydown", (event) => {
        const fine = event.shiftKey ? 0.001 : 0.01;
        const by = { ArrowUp: fine, ArrowRight: fine, ArrowDown: -fine, ArrowLeft: -fine,
                     PageUp: 0.1, PageDown: -0.1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        this.#set(i, gain(this.step, places[i]) + by);
      });
    });
    this.onMove = onMove;
  }

  #set(i, value) {
    const values = places.map((s) => gain(this.step, s));
    values[i] = Math.min(Math.max(value, y[0]), y[1]);
    this.onMove(through(values));
  }

  draw(step, library, label) {
    this.step = step;
    const box = this.svg.getBoundingClientRect();
    this.frame = new Frame({ width: box.width, height: box.height, x: [0, 1], y });
    const x = this.frame.samples();
    this.curve.innerHTML = picture(this.frame, {
      series: [
        { x, y: x, colour: page.faint, width: 1.5, dash: "5 4" },
        { x, y: library.gains([step], x)[0], colour: page.series[0], width: 2.5 },
      ],
      labels: { x: "s, what the step is given", y: label },
      colours: page,
    });
    this.points.forEach((point, i) => {
      const value = gain(step, places[i]);
      const shown = Math.min(Math.max(value, y[0]), y[1]);
      const at = [this.frame.across(places[i]), this.frame.up(shown)].map((p) => p.toFixed(1));
      point.setAttribute("transform", `translate(${at})`);
      point.setAttribute("aria-valuenow", value.toFixed(4));
      point.setAttribute("aria-valuetext", number(value, 4));
    });
  }
}
