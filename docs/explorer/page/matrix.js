// SPDX-License-Identifier: Apache-2.0
// What the filters make of a matrix: a signal in noise, or one of the reader's.
import { Frame, page, picture } from "./chart.js";
import { title } from "./controls.js";
import { escaped, number } from "./format.js";
import { matricesOf } from "./matrices.js";
import { initialMatrix, question } from "./state.js";

const at = (id) => document.getElementById(id);
const most = 192; // pixels of a picture's side

/** A colour of the style sheet as [red, green, blue]. */
function colour(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
}

/** Draws a matrix, which lies in `numbers` row by row; three mean entries have the full colour. */
function paint(canvas, numbers, rows, cols) {
  const [height, width] = [Math.min(rows, most), Math.min(cols, most)];
  Object.assign(canvas, { height, width });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const [paper, above, below] = ["--paper", "--series-0", "--series-1"].map(colour);
  const full = 3 * Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length) || 1;
  for (let i = 0; i < height * width; ++i) {
    const row = Math.floor((Math.floor(i / width) * rows) / height);
    const x = numbers[row * cols + Math.floor(((i % width) * cols) / width)] / full;
    const [part, end] = [Math.min(Math.abs(x), 1), x > 0 ? above : below];
    for (let k = 0; k < 3; ++k) image.data[4 * i + k] = paper[k] + part * (end[k] - paper[k]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const rows = [
  ["Effective rank", (c) => number(c.effective_rank, 4)],
  ["Stable rank", (c) => number(c.stable_rank, 4)],
  ["Directions that survive", (c) => number(c.survivors)],
  ["Cosine with the signal", (c) => number(c.cosine, 3)],
];

export class MatrixView {
  constructor(view, questions) {
    this.view = view;
    this.questions = questions;
    this.files = [];
    view.listeners.push(() => this.update());
    at("matrix").addEventListener("toggle", () => {
      const { open } = at("matrix");
      if (open === Boolean(this.#planted)) return;
      this.#plant(open ? initialMatrix() : null);
    });
    at("size").addEventListener("change", () => this.#plant(this.#asked()));
    for (const id of ["rank", "snr", "seed"]) {
      at(id).addEventListener("input", () => this.#plant(this.#asked()));
    }
    at("source").addEventListener("change", () => this.#choose());
    at("file").addEventListener("change", ({ target }) => this.#open(target.files[0]));
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      if (!this.#planted) this.#plant(initialMatrix());
      this.#open(event.dataTransfer.files[0]);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#show());
    this.update();
  }

  get #planted() {
    return this.view.state.matrix;
  }

  #plant(matrix) {
    this.view.state.matrix = matrix;
    this.view.redraw();
  }

  /** What the controls ask for. */
  #asked() {
    const [rows, cols] = at("size").value.split("x").map(Number);
    const snr = Number((10 ** Number(at("snr").value)).toPrecision(2));
    return { rows, cols, rank: Number(at("rank").value), snr, seed: Number(at("seed").value) || 1 };
  }

  async #open(file) {
    if (!file) return;
    try {
      this.files = await matricesOf(file);
    } catch (error) {
      return this.#settle(error.message);
    }
    at("source").innerHTML = "<option value=''>signal in noise</option>" + this.files
      .map(({ name }, i) => `<option value="${i}">${escaped(name)}</option>`).join("");
    at("source").value = "0";
    this.#choose();
  }

  async #choose() {
    const chosen = this.files[at("source").value];
    at("knobs").hidden = Boolean(chosen);
    this.#wait();
    try {
      const numbers = await chosen?.read();
      if (chosen !== this.files[at("source").value]) return; // another was chosen meanwhile
      this.read = chosen && { ...chosen, numbers };
      this.key = undefined;
      this.update();
    } catch (error) {
      this.#settle(error.message);
    }
  }

  #wait() {
    at("matrix-facts").setAttribute("aria-busy", "true");
  }

  /** Nothing more is waited for. `error`: why there is nothing new. */
  #settle(error = "") {
    at("matrix-error").textContent = error;
    at("matrix-facts").setAttribute("aria-busy", "false");
  }

  /** Shows what the state asks for, and asks the library for it where that is new. */
  update() {
    const planted = this.#planted;
    at("matrix").open = Boolean(planted);
    if (!planted) return;
    at("size").value = `${planted.rows}x${planted.cols}`;
    at("rank").value = planted.rank;
    at("rank-text").textContent = planted.rank;
    at("snr").value = Math.log10(planted.snr);
    at("snr-text").textContent = number(planted.snr, 2);
    at("seed").value = planted.seed;
    const { filter, beside, gain } = this.view.state;
    const filters = [filter, ...beside];
    const given = this.read ? { rows: this.read.rows, cols: this.read.cols } : planted;
    const asked = { call: "matrix", ...given, gain, filters: filters.map((f) => question("", f)) };
    const key = JSON.stringify(asked);
    if (key === this.key) return;
    this.key = key;
    this.#ask(asked, filters, key);
  }

  async #ask(asked, filters, key) {
    this.#wait();
    try {
      const said = await this.questions.ask(asked, this.read?.numbers);
      if (!said || key !== this.key) return;
      this.shown = { ...said, filters, rows: asked.rows, cols: asked.cols };
      this.#show();
      this.#settle();
    } catch (error) {
      this.#settle(error.message);
    }
  }

  #show() {
    if (!this.shown) return;
    const { filters, columns, numbers, rows: height, cols: width } = this.shown;
    const names = ["the matrix", ...filters.map(({ chain }) => title(chain))];
    const colours = [page.ink, ...page.series];
    const heads = names.map(
      (name, i) =>
        `<th scope="col"><canvas role="img" aria-label="Entries of ${i ? "what" : ""} ` +
        `${escaped(name)} ${i ? "makes of it" : ""}"></canvas>` +
        `<span class="chip" style="background:${colours[i]}"></span>${escaped(name)}</th>`,
    );
    const body = rows.map(
      ([what, value]) =>
        `<tr><th scope="row">${what}</th>` +
        columns.map((c) => `<td>${value(c)}</td>`).join("") + "</tr>",
    );
    at("matrix-facts").innerHTML =
      `<thead><tr><td></td>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody>`;
    at("matrix-facts").querySelectorAll("canvas").forEach((canvas, i) => {
      const size = height * width;
      paint(canvas, numbers.subarray(i * size, (i + 1) * size), height, width);
    });
    this.#showSpectra(names, columns, colours);
  }

  #showSpectra(names, columns, colours) {
    const box = at("spectra").getBoundingClientRect();
    const count = columns[0].values.length;
    const frame = new Frame({
      width: box.width, height: box.height, x: [0, count], y: [0, 1.04],
      legend: names.map((name, i) => ({ name, colour: colours[i] })),
    });
    at("spectra").innerHTML = picture(frame, {
      series: columns.map(({ values }, i) => ({
        x: values.map((_, k) => k + 1), y: values.map((s) => s / (values[0] || 1)),
        colour: colours[i], width: i ? 2 : 1.5, dash: i ? "" : "5 4",
      })),
      labels: { x: "i", y: "singular values σᵢ / σ₁" },
      colours: page,
    });
  }
}
