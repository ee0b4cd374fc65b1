// SPDX-License-Identifier: Apache-2.0
// Who wins at which rank and signal-to-noise ratio: a map that fills cell by cell, in workers.
import { page, paper } from "./chart.js";
import { drawn } from "./exports.js";
import { escaped, number } from "./format.js";
import { Questions } from "./questions.js";
import { look, ranking, trial } from "./trials.js";

const at = (id) => document.getElementById(id);
const snrs = [10, 1, 0.1, 0.01]; // as in examples/experiments/regime_map
const most = 4; // workers; one core is left to the page

const ranksOf = (size) => Array.from({ length: Math.log2(size) + 1 }, (_, i) => 2 ** i);

/**
 * How deep a winner's colour is: the more, the further it is ahead. At three times it is a half, and
 * the text on it can still be read.
 */
const depth = ([first, second]) =>
  0.12 + 0.38 * Math.min(1, Math.log(second ? second.error / first.error : 3) / Math.log(3));

const left = (ms) => {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
};

export class RegimeMap {
  /** onChosen({rank, snr}): a cell was clicked. */
  constructor(module, onChosen) {
    this.module = module;
    this.places = []; // {rank, snr, results: [{name, rate, losses}]}; no results yet: null
    at("map").addEventListener("click", ({ target }) => {
      const cell = target.closest("button");
      if (cell) onChosen(this.#placeOf(cell));
    });
    at("map").addEventListener("keydown", (event) => this.#move(event));
  }

  #placeOf({ dataset: { rank, snr } }) {
    return { rank: Number(rank), snr: Number(snr) };
  }

  /** What a map is of: the task without its rank and SNR. */
  #keyOf(asked) {
    return JSON.stringify({ ...asked, rank: 0, snr: 0, map: null });
  }

  isOf(asked) {
    return this.#keyOf(asked) === this.key;
  }

  /** Shows the map of what is asked, begins to fill it or stops. null: there is none. */
  update(asked) {
    if (!asked || !this.isOf(asked)) {
      this.#stop();
      this.key = asked ? this.#keyOf(asked) : undefined;
      this.asked = asked;
      this.places = asked
        ? ranksOf(asked.size).flatMap((rank) => snrs.map((snr) => ({ rank, snr, results: null })))
        : [];
      at("mapped").textContent = "";
      at("map-progress").value = 0;
      at("map-progress").max = this.places.length;
    }
    if (!asked) return;
    this.here = asked;
    const done = this.places.every(({ results }) => results);
    if (asked.map && !this.running && !done) this.#fill();
    if (!asked.map && this.running) {
      this.#stop();
      at("mapped").textContent = "stopped";
    }
    this.#show();
  }

  #stop() {
    this.running = undefined;
    for (const questions of this.lanes ?? []) questions.stop();
    this.lanes = [];
    at("draw-map").textContent = "Draw the map";
    at("mapped").ariaLive = "polite";
    at("map").setAttribute("aria-busy", "false");
  }

  async #fill() {
    const running = (this.running = { begin: performance.now(), made: 0 });
    const missing = this.places.filter(({ results }) => !results);
    const total = missing.length;
    const count = Math.max(1, Math.min(most, (navigator.hardwareConcurrency ?? 2) - 1, total));
    this.lanes = Array.from({ length: count }, () => new Questions(this.module));
    at("draw-map").textContent = "Stop the map";
    at("map").setAttribute("aria-busy", "true");
    at("mapped").ariaLive = "off"; // for it changes with every cell
    at("mapped").textContent = `${total} cells left`;
    const lane = async (questions) => {
      for (let place = missing.shift(); place; place = missing.shift()) {
        const results = [];
        for (const name of this.asked.optimisers) {
          const question = trial({ ...this.asked, rank: place.rank, snr: place.snr }, name);
          const said = await questions.ask(question);
          if (running !== this.running) return;
          results.push({ name, rate: said.rate, losses: said.losses });
        }
        place.results = results;
        ++running.made;
        const rest = total - running.made;
        const pace = (performance.now() - running.begin) / running.made;
        at("mapped").textContent = `${rest} cells left, about ${left(rest * pace)}`;
        this.#show();
      }
    };
    try {
      await Promise.all(this.lanes.map(lane));
      if (running !== this.running) return;
      this.#stop();
      at("mapped").textContent = this.#summary();
      this.#show();
    } catch (error) {
      if (running !== this.running) return;
      this.#stop();
      at("mapped").textContent = error.message;
    }
  }

  // Pictures ----------------------------------------------------------------------------------

  /** "of 28 cells, Pion kp=2 wins 15, ..." */
  #summary() {
    const wins = new Map();
    for (const { results } of this.places) {
      const [first] = ranking(results);
      if (first) wins.set(first.name, (wins.get(first.name) ?? 0) + 1);
    }
    const told = [...wins].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} wins ${n}`);
    return `of ${this.places.length} cells ${told.join(", ") || "none has a winner"}`;
  }

  #row(rank) {
    return this.places.filter((place) => place.rank === rank);
  }

  #show() {
    if (!this.asked) return;
    const { rank: chosenRank, snr: chosenSnr } = this.here;
    const held = at("map").contains(document.activeElement)
      ? this.#placeOf(document.activeElement) : undefined;
    const is = (place, other) => place.rank === other?.rank && place.snr === other?.snr;
    const chosen = this.places.find((p) => is(p, { rank: chosenRank, snr: chosenSnr }));
    const stop = this.places.find((p) => is(p, held)) ?? chosen ?? this.places[0];
    const head = snrs.map((snr) => `<th scope="col">${number(snr)}</th>`).join("");
    const rows = ranksOf(this.asked.size).map((rank) => {
      const cells = this.#row(rank).map((p) => this.#cell(p, p === chosen, p === stop));
      return `<tr><th scope="row">${rank}</th>${cells.join("")}</tr>`;
    });
    at("map").innerHTML =
      `<thead><tr><td></td><th scope="colgroup" colspan="${snrs.length}">` +
      `SNR of a gradient</th></tr>` +
      `<tr><th scope="col">rank</th>${head}</tr></thead><tbody>${rows.join("")}</tbody>`;
    if (held) at("map").querySelector("[tabindex='0']").focus();
    const done = this.places.filter(({ results }) => results).length;
    at("map-progress").value = done;
    at("draw-map").disabled = done === this.places.length;
  }

  #cell(place, chosen, stop) {
    const { rank, snr, results } = place;
    const order = results && ranking(results);
    const [first, second] = order ?? [];
    const told = !results ? "not drawn yet" : !first ? "all diverged"
      : `${first.name}, error ${number(first.error, 2)}` +
        (second ? `; next ${second.name}, ${number(second.error, 2)}` : "");
    const fill = first
      ? ` style="background:color-mix(in srgb, ${look(first.name, page).colour} ` +
        `${(100 * depth(order)).toFixed(0)}%, var(--paper))"` : "";
    const shown = first
      ? `${escaped(first.name)}<small>${number(first.error, 2)}</small>` : results ? "none" : "·";
    return `<td><button type="button" data-rank="${rank}" data-snr="${snr}" ` +
      `tabindex="${stop ? 0 : -1}"${chosen ? ' aria-current="true"' : ""}${fill} ` +
      `aria-label="rank ${rank}, SNR ${snr}: ${escaped(told)}">${shown}</button></td>`;
  }

  /** The arrow keys go from cell to cell. */
  #move(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const by = step[event.key];
    const cell = event.target.closest("button");
    if (!by || !cell) return;
    event.preventDefault();
    const row = cell.closest("tr").rowIndex + by[0];
    const next = at("map").rows[row]?.cells[cell.closest("td").cellIndex + by[1]];
    const button = next?.querySelector("button");
    if (!button) return;
    cell.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  }

  // Elsewhere ---------------------------------------------------------------------------------

  csv() {
    const names = this.asked.optimisers;
    const rows = this.places.filter(({ results }) => results).map(({ rank, snr, results }) => {
      const errors = results.map(({ losses: [error] }) => error ?? "inf");
      return [rank, snr, ranking(results)[0]?.name ?? "", ...errors];
    });
    return [["rank", "snr", "winner", ...names], ...rows].map((r) => `${r.join(",")}\n`).join("");
  }

  svg() {
    const [wide, high, side] = [130, 40, 60];
    const ranks = ranksOf(this.asked.size);
    const [width, height] = [side + wide * snrs.length + 10, 60 + high * ranks.length];
    const text = (x, y, what) =>
      `<text x="${x}" y="${y}" text-anchor="middle" fill="${paper.ink}">${escaped(what)}</text>`;
    const out = [
      `<rect width="100%" height="100%" fill="${paper.paper}"/>`,
      text(side + (wide * snrs.length) / 2, 18, "SNR of a gradient"),
      text(side / 2, 40, "rank"),
      ...snrs.map((snr, j) => text(side + wide * (j + 0.5), 40, number(snr))),
    ];
    ranks.forEach((rank, i) => {
      const y = 50 + high * i;
      out.push(text(side / 2, y + 24, rank));
      this.#row(rank).forEach(({ results }, j) => {
        const order = results ? ranking(results) : [];
        const [first] = order;
        const x = side + wide * j;
        const fill = first ? look(first.name, paper).colour : "none";
        out.push(`<rect x="${x}" y="${y}" width="${wide}" height="${high}" fill="${fill}" ` +
          `fill-opacity="${first ? depth(order).toFixed(2) : 1}" stroke="${paper.faint}"/>`);
        if (first) out.push(text(x + wide / 2, y + 17, first.name));
        if (first) out.push(text(x + wide / 2, y + 33, number(first.error, 2)));
      });
    });
    return drawn(width, height, out.join(""));
  }
}
