// SPDX-License-Identifier: Apache-2.0
// Asks a worker. While it thinks, the newest question waits; those in between are dropped.

const patience = 400; // ms: a worker that is not done by then is replaced for a newer question

export class Questions {
  /** `module`: a promise of the compiled library, which every worker takes. */
  constructor(module) {
    this.module = module;
    this.script = URL.createObjectURL(
      new Blob([document.getElementById("worker").textContent], { type: "text/javascript" }),
    );
  }

  /**
   * A promise of the answer; null where a newer question came. `numbers`: of a matrix.
   * onProgress(said): how far the library is, many times.
   */
  ask(question, numbers, onProgress) {
    this.waiting?.resolve(null);
    return new Promise((resolve, reject) => {
      this.waiting = { message: { question, numbers }, onProgress, resolve, reject };
      if (!this.asked) return this.#next();
      clearTimeout(this.timer);
      const left = patience - (performance.now() - this.since);
      this.timer = setTimeout(() => this.#replace(), Math.max(0, left));
    });
  }

  /** Ends what is under way; who asked is told null. */
  stop() {
    clearTimeout(this.timer);
    this.worker?.terminate();
    for (const question of [this.asked, this.waiting]) question?.resolve(null);
    this.worker = this.asked = this.waiting = undefined;
  }

  async #next() {
    clearTimeout(this.timer);
    const asked = (this.asked = this.waiting);
    this.waiting = undefined;
    if (!asked) return;
    this.since = performance.now();
    const worker = this.worker ?? (await this.#start());
    if (this.asked !== asked) return worker.terminate(); // stopped meanwhile
    this.worker = worker;
    worker.postMessage(asked.message);
  }

  async #start() {
    const worker = new Worker(this.script);
    worker.onmessage = ({ data }) => {
      const { resolve, reject, onProgress } = this.asked;
      if (data.progress) return onProgress?.(data.progress);
      if (data.error === undefined) resolve(data.answer);
      else reject(new Error(data.error));
      this.#next();
    };
    worker.postMessage({ module: await this.module });
    return worker;
  }

  #replace() {
    if (!this.waiting) return;
    if (!this.worker) { // still starting
      this.timer = setTimeout(() => this.#replace(), patience);
      return;
    }
    this.worker.terminate();
    this.worker = undefined;
    this.asked.resolve(null);
    this.#next();
  }
}
