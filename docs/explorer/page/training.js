// SPDX-License-Identifier: Apache-2.0
// Optimisers learn a matrix of known rank from noisy gradients, one after another in a worker.
import { Frame, page, paper, picture } from "./chart.js";
import { download, drawn } from "./exports.js";
import { escaped, number } from "./format.js";
import { Questions } from "./questions.js";
import { RegimeMap } from "./regimes.js";
import { initialTraining } from "./state.js";
import { ahead, look, times, trial } from "./trials.js";

const at = (id) => document.getElementById(id);
const every = 3; // steps from an error to the next, as in examples/experiments/regime/task.hpp
const least = 8; // runs of a search for a rate: it may need more

/** A piece of the line that is an optimiser's. */
const chip = ({ colour, dash }) =>
  `<svg class="chip" viewBox="0 0 30 4" aria-hidden="true"><path d="M0 2h30" stroke-width="4" ` +
  `stroke="${colour}" stroke-dasharray="${dash}"/></svg>`;

/** The steps of the errors, with the start, where the error is 1. */
const stepsOf = (errors) => [0, ...errors.map((_, i) => every * (i + 1))];

export class TrainingView {
  constructor(view, library, module) {
    this.view = view;
    this.questions = new Questions(module);
    this.known = new Map(); // what trials came to, by their questions
    this.results = [];
    this.names = library.ask({ call: "optimisers" }).optimisers;
    this.map = new RegimeMap(module, (place) => this.#set(place));
    this.#fillNames();
    this.#listen();
    view.listeners.push(() => this.update());
    new ResizeObserver(() => this.#draw()).observe(at("errors"));
    this.update();
  }

  get #asked() {
    return this.view.state.training;
  }

  // Controls ----------------------------------------------------------------------------------

  #fillNames() {
    at("optimisers").insertAdjacentHTML("beforeend", this.names
      .map((name, i) =>
        `<span><input type="checkbox" id="optimiser-${i}" value="${name}">` +
        `<label for="optimiser-${i}">${name}</label></span>`)
      .join(""));
  }

  #listen() {
    const on = (id, event, act) => at(id).addEventListener(event, act);
    on("training", "toggle", () => {
      const { open } = at("training");
      if (open === Boolean(this.#asked)) return;
      this.view.state.training = open ? initialTraining() : null;
      this.view.redraw();
    });
    for (const id of ["training-size", "condition", "optimisers", "rates"]) {
      on(id, "change", () => this.#set(this.#read()));
    }
    for (const id of ["training-rank", "training-snr", "training-steps", "training-seed", "rate"]) {
      on(id, "input", () => this.#set(this.#read()));
    }
    on("train", "click", () => {
      if (this.running) return this.#stop("stopped");
      this.key = undefined;
      this.update();
    });
    on("draw-map", "click", () => this.#set({ map: !this.map.running }));
    on("training-exports", "click", ({ target }) => this.#export(target.dataset.training));
  }

  /** What the controls say. The map is of another task then, but for its own two axes. */
  #read() {
    const decimal = (id) => Number((10 ** Number(at(id).value)).toPrecision(2));
    const size = Number(at("training-size").value);
    const asked = {
      size, rank: Math.min(Number(at("training-rank").value), size), snr: decimal("training-snr"),
      condition: Number(at("condition").value),
      optimisers: [...at("optimisers").querySelectorAll(":checked")].map(({ value }) => value),
      rate: at("rates").value === "own" ? null : decimal("rate"),
    };
    // A field that is half typed changes nothing.
    if (at("training-steps").checkValidity()) asked.steps = Number(at("training-steps").value);
    if (at("training-seed").checkValidity()) asked.seed = Number(at("training-seed").value);
    const same = this.map.isOf({ ...this.#asked, ...asked });
    return { ...asked, map: same && this.#asked.map };
  }

  #set(changes) {
    this.view.state.training = { ...this.#asked, ...changes };
    this.view.redraw();
  }

  #show(asked) {
    const put = (id, value) => {
      if (at(id) !== document.activeElement || at(id).type !== "number") at(id).value = value;
    };
    put("training-size", asked.size);
    at("training-rank").max = asked.size;
    put("training-rank", asked.rank);
    at("training-rank-text").textContent = asked.rank;
    put("training-snr", Math.log10(asked.snr));
    at("training-snr-text").textContent = number(asked.snr, 2);
    put("condition", asked.condition);
    put("training-steps", asked.steps);
    put("training-seed", asked.seed);
    at("rates").value = asked.rate === null ? "own" : "same";
    at("rate").disabled = asked.rate === null;
    if (asked.rate !== null) put("rate", Math.log10(asked.rate));
    at("rate-text").textContent = asked.rate === null ? "" : number(asked.rate, 2);
    for (const box of at("optimisers").querySelectorAll("input")) {
      box.checked = asked.optimisers.includes(box.value);
    }
  }

  // Trials ------------------------------------------------------------------------------------

  /** Shows what the state asks for, and trains where that is new. */
  update() {
    const asked = this.#asked;
    at("training").open = Boolean(asked);
    this.map.update(asked);
    if (!asked) {
      this.key = undefined;
      if (this.running) this.#stop("");
      return;
    }
    this.#show(asked);
    const key = JSON.stringify({ ...asked, map: null });
    if (key === this.key) return;
    this.key = key;
    this.#train(asked);
  }

  /** Ends what is under way. `text`: why. */
  #stop(text) {
    this.running = undefined;
    this.live = undefined;
    this.questions.stop();
    this.#settle(text);
  }

  #settle(text) {
    at("train").textContent = "Train again";
    at("trained").ariaLive = "polite";
    at("trained").textContent = text;
    at("training-facts").setAttribute("aria-busy", "false");
    this.#draw();
  }

  async #train(asked) {
    const running = (this.running = {});
    this.results = [];
    this.live = undefined;
    at("training-error").textContent = "";
    at("training-facts").setAttribute("aria-busy", "true");
    at("train").textContent = "Stop";
    at("trained").ariaLive = "off"; // for it changes many times in a second
    const runs = asked.rate === null ? least : 1;
    at("training-progress").max = runs * asked.optimisers.length;
    try {
      for (const [i, name] of asked.optimisers.entries()) {
        at("training-progress").value = i * runs;
        const onProgress = (live) => {
          if (running !== this.running) return;
          this.live = { name, ...live };
          at("training-progress").value = runs * i + Math.min(live.run, runs) - 1;
          at("trained").textContent = `${name}: rate ${number(live.rate, 2)}, run ${live.run}` +
            (runs > 1 ? `, at least ${runs}` : "");
          this.#draw();
        };
        const said = await this.#ask(trial(asked, name), onProgress);
        if (running !== this.running) return;
        if (!said) return this.#stop("stopped");
        this.results.push({ name, ...said });
        this.live = undefined;
        this.#draw();
      }
      at("training-progress").value = at("training-progress").max;
      this.running = undefined;
      this.#settle(asked.optimisers.length ? ahead(this.results) : "no optimiser is chosen");
    } catch (error) {
      if (running !== this.running) return;
      at("training-error").textContent = error.message;
      this.#stop("");
    }
  }

  async #ask(question, onProgress) {
    const key = JSON.stringify(question);
    if (this.known.size > 500) this.known.clear();
    if (!this.known.has(key)) {
      const said = await this.questions.ask(question, undefined, onProgress);
      if (!said) return null;
      this.known.set(key, said);
    }
    return this.known.get(key);
  }

  // Pictures ----------------------------------------------------------------------------------

  /** Draws in the next frame. */
  #draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = undefined;
      if (!this.#asked) return;
      const { width, height } = at("errors").getBoundingClientRect();
      at("errors").innerHTML = this.#picture(width, height, page);
      at("errors").setAttribute("aria-label", `Errors over the steps. ${ahead(this.results)}`);
      at("training-facts").innerHTML = this.#table();
    });
  }

  #picture(width, height, colours) {
    const lines = this.results.map(({ name, errors }) => ({ name, errors, width: 2.2 }));
    if (this.live) lines.push({ ...this.live, width: 1.2 });
    const all = lines.flatMap(({ errors }) => errors).filter((x) => x > 0);
    const frame = new Frame({
      width, height, x: [0, this.#asked.steps], decades: true,
      y: [Math.max(1e-4, 0.9 * Math.min(0.5, ...all)), Math.min(10, 1.1 * Math.max(1, ...all))],
      legend: this.results.map(({ name }) => ({ name, ...look(name, colours) })),
    });
    const series = lines.map(({ name, errors, width: thick }) => ({
      x: stepsOf(errors), y: [1, ...errors.map((x) => x ?? NaN)], width: thick,
      ...look(name, colours),
    }));
    const labels = { x: "step", y: "error, as a part of the first" };
    return picture(frame, { series, labels, colours });
  }

  #table() {
    const best = Math.min(...this.results.map(({ losses: [error] }) => error ?? Infinity));
    const body = this.results.map(({ name, rate, losses: [error] }) =>
      `<tr><th scope="row">${chip(look(name, page))}${escaped(name)}</th>` +
      `<td>${number(rate, 2)}</td>` +
      `<td>${error === null ? "diverged" : number(error, 3)}</td>` +
      `<td>${error === null ? "–" : times(error / best)}</td></tr>`);
    return `<thead><tr><th scope="col">Optimiser</th><th scope="col">Learning rate</th>` +
      `<th scope="col">Last error</th><th scope="col">Times the best</th></tr></thead>` +
      `<tbody>${body.join("")}</tbody>`;
  }

  // Elsewhere ---------------------------------------------------------------------------------

  #export(what) {
    const [width, height] = [760, 460];
    const { results } = this;
    if (what === "curves-svg") {
      const content = this.#picture(width, height, paper);
      download("training.svg", "image/svg+xml", drawn(width, height, content));
    } else if (what === "curves-csv") {
      const names = results.map(({ name }) => name);
      const columns = results.map(({ errors }) => [1, ...errors]);
      const rows = stepsOf(results[0]?.errors ?? [])
        .map((step, i) => [step, ...columns.map((column) => column[i] ?? "inf")]);
      const lines = [["step", ...names], ...rows].map((row) => `${row.join(",")}\n`);
      download("training.csv", "text/csv", lines.join(""));
    } else if (what === "map-svg") {
      download("regimes.svg", "image/svg+xml", this.map.svg());
    } else if (what === "map-csv") {
      download("regimes.csv", "text/csv", this.map.csv());
    } else if (what === "json") {
      const { map, ...task } = this.#asked;
      const said = { task, curves: results, map: this.map.places };
      download("training.json", "application/json", `${JSON.stringify(said)}\n`);
    }
  }
}
