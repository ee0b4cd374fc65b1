// SPDX-License-Identifier: Apache-2.0
// A filter to order, sought in a worker, trial by trial. The best so far is shown as it is found.
import { number } from "./format.js";
import { own } from "./state.js";

const at = (id) => document.getElementById(id);

export class Design {
  /** onFound(chain): the best so far. */
  constructor(questions, onFound) {
    this.questions = questions;
    this.onFound = onFound;
    at("kind").addEventListener("change", () => this.#showUpper());
    at("seek").addEventListener("click", () => (this.order ? this.#stop("stopped") : this.#seek()));
    this.#showUpper();
  }

  #showUpper() {
    at("upper-field").hidden = at("kind").value !== "bandpass";
  }

  #stop(text) {
    this.order = undefined;
    at("seek").textContent = "Seek it";
    at("sought").textContent = text;
  }

  async #seek() {
    const order = (this.order = {
      call: "fit", kind: at("kind").value, tau: Number(at("tau").value),
      upper: Number(at("upper").value), steps: Number(at("order-steps").value),
    });
    at("seek").textContent = "Stop";
    at("sought").textContent = "";
    at("progress").value = 0;
    let [trials, best, shown] = [0, [], Infinity];
    try {
      while (this.order === order) {
        const said = await this.questions.ask({ ...order, trials, best });
        if (this.order !== order) return;
        if (said.steps) {
          this.onFound(own(said.steps));
          return this.#stop(`found: loss ${number(said.loss, 3)}`);
        }
        ({ trials, best } = said);
        at("progress").max = said.total;
        at("progress").value = trials;
        const loss = best[0]?.loss ?? Infinity;
        at("sought").textContent =
          `trial ${trials} of ${said.total}` + (best.length ? `, loss ${number(loss, 3)}` : "");
        if (loss < shown) this.onFound(own(best[0].steps));
        shown = loss;
      }
    } catch (error) {
      if (this.order === order) this.#stop(error.message);
    }
  }
}
