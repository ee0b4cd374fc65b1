// SPDX-License-Identifier: Apache-2.0
// The view of filters: what is chosen, what is drawn, what is said of it.
import { Frame, fitted, page, paper, picture } from "./chart.js";
import { showKeys, showSteps, textOf, title, valuesOf } from "./controls.js";
import { cpp, download, drawn, json, python, shell } from "./exports.js";
import { showFacts, spoken } from "./facts.js";
import { number } from "./format.js";
import { Handles } from "./handles.js";
import { address, initial, isOwn, own, ownSteps, question, stateOf, written } from "./state.js";

const at = (id) => document.getElementById(id);
const compared = 5; // at most: there are so many colours
const samples = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]; // of the dots that move

export class FilterView {
  constructor(library, questions) {
    this.library = library;
    this.questions = questions;
    this.known = library.ask({ call: "catalogue" });
    this.coefficients = new Map(); // by a chain's text
    this.shapes = new Map(); // what the library said, by filter and gain
    this.selected = 0;
    this.listeners = []; // called where the state may have changed
    this.handles = new Handles(at("handles"), (step) => {
      const steps = ownSteps(this.state.filter.chain);
      steps[this.selected] = step;
      this.choose(own(steps));
      this.#fillSteps();
    });
    this.#fillChoices();
    this.#listen();
    this.#read();
    this.draw();
    new ResizeObserver(() => this.redraw()).observe(at("chart"));
  }

  // Coefficients ------------------------------------------------------------------------------

  /** Throws Error where there is no such chain. */
  #stepsOf(filter) {
    if (isOwn(filter.chain)) return ownSteps(filter.chain);
    const { coefficients } = this;
    if (!coefficients.has(filter.chain)) {
      if (coefficients.size > 500) coefficients.clear();
      coefficients.set(filter.chain, this.library.ask(question("steps", filter)).steps);
    }
    return coefficients.get(filter.chain);
  }

  /** Takes the state from the address; a filter that the library refuses is left out. */
  #read() {
    const refused = [];
    const known = (filter) => {
      try {
        const named = this.known.normalizers.includes(filter.normalizer);
        if (!named) throw new Error(`there is no normaliser "${filter.normalizer}"`);
        return this.#stepsOf(filter);
      } catch (error) {
        refused.push(error.message);
        return undefined;
      }
    };
    this.state = stateOf(location.hash);
    if (!known(this.state.filter)) this.state.filter = initial().filter;
    this.state.beside = this.state.beside.filter(known).slice(0, compared);
    this.#fill();
    at("error").textContent = refused.join("; ");
  }

  /** Another chain, typed or dragged. */
  choose(chain) {
    at("error").textContent = "";
    this.state.filter = { ...this.state.filter, chain };
    this.redraw();
  }

  // Controls ----------------------------------------------------------------------------------

  #fillChoices() {
    const option = (name, text = name) => `<option value="${name}">${text}</option>`;
    const families = this.known.families.map(({ name }) => option(name)).join("");
    at("family").innerHTML = families + option("own", "own coefficients");
    at("append").innerHTML = families;
    at("normalizer").innerHTML = this.known.normalizers.map((name) => option(name)).join("");
  }

  #family(name) {
    return this.known.families.find((family) => family.name === name);
  }

  /** Shows the state in the controls. */
  #fill() {
    const { filter, gain, logarithmic } = this.state;
    const ownChain = isOwn(filter.chain);
    const name = filter.chain.split(":")[0];
    at("family").value = name;
    at("normalizer").value = filter.normalizer;
    at("gain").value = gain;
    at("logarithmic").checked = logarithmic;
    at("steps").hidden = !ownChain;
    at("edit").hidden = ownChain;
    at("keys").innerHTML = "";
    const family = this.#family(name);
    if (family) {
      showKeys(at("keys"), family, valuesOf(filter.chain, family), (text) => this.choose(text));
    }
    if (ownChain) this.#fillSteps();
  }

  #fillSteps() {
    const steps = ownSteps(this.state.filter.chain);
    this.selected = Math.min(this.selected, steps.length - 1);
    const active = document.activeElement;
    if (at("coefficients").contains(active) && active.type === "number") return;
    showSteps(at("coefficients"), steps, this.selected);
  }

  #listen() {
    const on = (id, event, act) => at(id).addEventListener(event, act);
    on("family", "change", ({ target }) => {
      if (target.value === "own") return this.#edit();
      const family = this.#family(target.value);
      this.state.shown = null;
      this.choose(textOf(family, valuesOf("", family)));
      this.#fill();
    });
    on("normalizer", "change", ({ target }) => {
      this.state.filter = { ...this.state.filter, normalizer: target.value };
      this.redraw();
    });
    on("gain", "input", ({ target }) => {
      if (!(Number(target.value) > 0)) return;
      this.state.gain = Number(target.value);
      this.redraw();
    });
    on("logarithmic", "change", ({ target }) => {
      this.state.logarithmic = target.checked;
      this.redraw();
    });
    on("shown", "input", ({ target }) => this.#show(Number(target.value)));
    on("play", "click", () => this.#play());
    on("edit", "click", () => this.#edit());
    on("compare", "click", () => {
      const { beside, filter } = this.state;
      if (beside.length < compared && !beside.some((f) => written(f) === written(filter))) {
        beside.push({ ...filter });
      }
      this.redraw();
    });
    on("facts", "click", ({ target }) => {
      const i = target.dataset.remove;
      if (i === undefined) return;
      this.state.beside.splice(Number(i), 1);
      this.redraw();
      at("compare").focus();
    });
    on("reset", "click", () => {
      this.state = initial();
      this.#fill();
      this.redraw();
    });
    this.#listenToSteps(on);
    on("export", "click", ({ target }) => this.#export(target.dataset.export));
    addEventListener("hashchange", () => {
      if (location.hash === address(this.state)) return;
      this.#read();
      this.redraw();
    });
  }

  #listenToSteps(on) {
    const changed = (change) => {
      const steps = ownSteps(this.state.filter.chain);
      change(steps);
      this.choose(own(steps.slice(0, 64)));
      document.activeElement?.blur();
      this.#fillSteps();
    };
    on("coefficients", "input", ({ target }) => {
      const k = Number(target.closest("tr").dataset.step);
      if (target.type === "radio") {
        this.selected = k;
        for (const row of at("coefficients").rows) {
          row.classList.toggle("selected", row.contains(target));
        }
        return this.redraw();
      }
      if (target.value === "" || !Number.isFinite(Number(target.value))) return;
      const steps = ownSteps(this.state.filter.chain);
      steps[k][Number(target.dataset.coefficient)] = Number(target.value);
      this.choose(own(steps));
    });
    on("coefficients", "click", ({ target }) => {
      const { act } = target.dataset;
      if (!act) return;
      const k = Number(target.closest("tr").dataset.step);
      changed((steps) => {
        const [step] = steps.splice(k, 1);
        if (act === "up") steps.splice(k - 1, 0, step);
      });
    });
    on("add", "click", () => {
      changed((steps) => steps.push([1.5, -0.5, 0]));
      this.selected = ownSteps(this.state.filter.chain).length - 1;
      this.#fillSteps();
    });
    on("append-steps", "click", () => {
      const family = this.#family(at("append").value);
      const chain = textOf(family, valuesOf("", family));
      const more = this.#stepsOf({ chain, normalizer: "frobenius" });
      changed((steps) => steps.push(...more));
    });
  }

  /** The steps of a chain by name become the reader's own. */
  #edit() {
    this.takeOwn(own(this.#stepsOf(this.state.filter)));
  }

  /** A chain of own coefficients that comes from elsewhere. */
  takeOwn(chain) {
    this.choose(chain);
    this.#fill();
  }

  // Steps, one after another ------------------------------------------------------------------

  #show(count) {
    this.playing = undefined;
    this.state.shown = count === this.steps.length ? null : count;
    this.redraw();
  }

  /** Lets the steps act one after another, half a second each. */
  #play() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const begin = performance.now();
    this.playing = begin;
    const frame = (now) => {
      if (this.playing !== begin) return;
      const done = Math.max(0, (now - begin) / 700);
      const whole = Math.floor(done);
      const part = still ? 0 : Math.min(1, (done - whole) * 1.4);
      if (whole >= this.steps.length) {
        this.playing = undefined;
        this.state.shown = null;
        return this.redraw();
      }
      this.state.shown = whole;
      this.draw(part * part * (3 - 2 * part));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  // Pictures ----------------------------------------------------------------------------------

  /** Draws in the next frame. */
  redraw() {
    if (this.waiting || this.playing) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = undefined;
      this.draw();
    });
  }

  /** `part`: how far the step after those shown has acted, from 0 to 1. */
  draw(part = 0) {
    const { state } = this;
    try {
      this.steps = this.#stepsOf(state.filter);
    } catch (error) {
      at("error").textContent = error.message;
      return;
    }
    const box = at("chart").getBoundingClientRect();
    at("chart").innerHTML = this.#picture(box.width, box.height, page, part);
    const shown = state.shown ?? this.steps.length;
    at("shown").max = this.steps.length;
    at("shown").value = shown;
    at("shown-text").textContent = `${Math.min(shown, this.steps.length)} of ${this.steps.length}`;
    if (isOwn(state.filter.chain)) {
      const label = `p(s) of step ${this.selected + 1}`;
      this.handles.draw(this.steps[this.selected], this.library, label);
    }
    if (this.playing) return;
    for (const tell of this.listeners) tell();
    this.#showExports();
    this.#showFacts();
    clearTimeout(this.addressing); // browsers refuse a page that changes its address at every frame
    this.addressing = setTimeout(() => history.replaceState(null, "", address(state)), 150);
  }

  #picture(width, height, colours, part = 0) {
    const { state, steps, library } = this;
    const legend = [state.filter, ...state.beside].map((filter, i) => ({
      name: written({ ...filter, chain: title(filter.chain) }), colour: colours.series[i],
    }));
    const frame = new Frame({
      width, height, legend, logarithmic: state.logarithmic,
      x: [state.logarithmic ? 1e-4 : 0, 1], y: [0, 1],
    });
    const x = frame.samples();
    const after = [x, ...library.gains(steps, x)];
    const shown = Math.min(state.shown ?? steps.length, steps.length);
    const towards = Math.min(shown + 1, steps.length);
    const between = (from, to) => from.map((y, i) => y + part * (to[i] - y));
    const last = between(after[shown], after[towards]);
    const beside = state.beside.map((filter, i) => ({
      x, y: library.gains(this.#stepsOf(filter), x).at(-1),
      colour: colours.series[i + 1], width: 1.8,
    }));
    frame.y = fitted([...after, ...beside.map((s) => s.y)]);
    const series = [{ x, y: x, colour: colours.ink, width: 1, dash: "5 4", opacity: 0.5 }];
    for (let k = 1; k < shown; ++k) {
      const opacity = 0.2 + (0.5 * k) / shown;
      series.push({ x, y: after[k], colour: colours.series[0], width: 1.2, opacity });
    }
    series.push(...beside, { x, y: last, colour: colours.series[0], width: 2.8 });
    const { cutoff, fixed_points: fixed = [] } = this.#known(state.filter) ?? {};
    const markers = cutoff
      ? [{ at: cutoff, label: `cutoff ${number(cutoff, 4)}`, colour: colours.ink }] : [];
    let dots = fixed.map((s) => ({ x: s, y: s, colour: colours.series[0], hollow: true }));
    if (this.playing || state.shown !== null) {
      const moved = [samples, ...library.gains(steps, samples)];
      const y = between(Array.from(moved[shown]), moved[towards]);
      dots = samples.map((s, i) => ({ x: s, y: y[i], colour: colours.series[0] }));
    }
    const labels = { x: "σ, a singular value over its normaliser", y: "gain f(σ)" };
    return picture(frame, { series, markers, dots, labels, colours });
  }

  // Facts -------------------------------------------------------------------------------------

  #key(filter) {
    return `${written(filter)} ${this.state.gain}`;
  }

  #known(filter) {
    return this.shapes.get(this.#key(filter));
  }

  #showFacts() {
    const filters = [this.state.filter, ...this.state.beside];
    const columns = filters.map((filter, i) => ({
      filter, colour: page.series[i], shape: this.#known(filter),
    }));
    // While the first is asked for, what was known stays: a table that blinks cannot be read.
    const refused = filters.some((filter) => this.refused === this.#key(filter));
    const complete = refused || columns.every(({ shape }) => shape);
    at("facts").setAttribute("aria-busy", String(!complete));
    if (complete || !this.factsShown) showFacts(at("facts"), columns, this.state.gain);
    this.factsShown = true;
    if (refused) return undefined;
    const missing = filters.find((filter) => !this.#known(filter));
    if (missing) return this.#askFor(missing);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const [{ filter, shape }] = columns;
      at("spoken").textContent = spoken(filter, shape);
      at("chart").setAttribute("aria-label", `Gain over σ. ${spoken(filter, shape)}`);
    }, 500);
  }

  async #askFor(filter) {
    const key = this.#key(filter);
    try {
      const shape = await this.questions.ask(question("shape", filter, { gain: this.state.gain }));
      if (!shape) return;
      if (this.shapes.size > 500) this.shapes.clear();
      this.shapes.set(key, shape);
      this.redraw();
    } catch (error) {
      at("error").textContent = error.message;
      this.refused = key;
      this.redraw();
    }
  }

  // Elsewhere ---------------------------------------------------------------------------------

  #showExports() {
    const { filter } = this.state;
    at("as-cpp").textContent = cpp(filter, this.steps);
    at("as-python").textContent = python(filter, this.steps);
    at("as-shell").textContent = shell(filter);
    at("as-json").textContent = json(title(filter.chain), this.steps);
  }

  #export(what) {
    if (what === "svg") {
      const [width, height] = [760, 460];
      const picture = this.#picture(width, height, paper);
      download("filter.svg", "image/svg+xml", drawn(width, height, picture));
    } else if (what === "json") {
      download("chain.json", "application/json", `${at("as-json").textContent}\n`);
    } else if (what) {
      const text = what === "link" ? location.href : at(`as-${what}`).textContent;
      navigator.clipboard.writeText(text).then(
        () => (at("spoken").textContent = "copied"),
        () => (at("error").textContent = "the browser does not let this page copy"),
      );
    }
  }
}
