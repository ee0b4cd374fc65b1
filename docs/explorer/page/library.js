// SPDX-License-Identifier: Apache-2.0
// The library as WebAssembly (../wasm/library.cpp).

/** The module that the page carries: base64 of gzip, in the element #wasm. */
export async function compiled() {
  const text = document.getElementById("wasm").textContent.trim();
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

export class Library {
  /** report(read): the library says how far a call is; read() returns what it says. */
  static async of(module, report = () => {}) {
    const library = new Library();
    const told = (at, size) => report(() => library.#read(at, size));
    // What a C library asks of a system. Nothing is written or read, so that zero is an answer.
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = { proc_exit: stop, report: told }[name] ?? (() => 0);
    }
    library.wasm = (await WebAssembly.instantiate(module, imports)).exports;
    library.wasm._initialize?.();
    return library;
  }

  #put(numbers) {
    const at = this.wasm.numbers(numbers.length);
    new Float64Array(this.wasm.memory.buffer, at, numbers.length).set(numbers);
  }

  #read(at, size) {
    return JSON.parse(new TextDecoder().decode(new Uint8Array(this.wasm.memory.buffer, at, size)));
  }

  /** The answer to a question "matrix", with the matrices themselves in "numbers". */
  matrix(question, numbers = []) {
    this.#put(numbers);
    const answer = this.ask(question);
    const { memory, numbers_at: at, numbers_count: count } = this.wasm;
    return { ...answer, numbers: new Float64Array(memory.buffer, at(), count()).slice() };
  }

  /** The answer to a question, an object with "call". Throws Error where the library refuses. */
  ask(question) {
    const { memory, text, call, answer } = this.wasm;
    const bytes = new TextEncoder().encode(JSON.stringify(question));
    const at = text(bytes.length);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    const length = call();
    const found = this.#read(answer(), length);
    if (found.error !== undefined) throw new Error(found.error);
    return found;
  }

  /** Arrays of gains at `sigma`, after each of the steps [a, b, c]. */
  gains(steps, sigma) {
    const { memory, numbers, gains } = this.wasm;
    const inputs = 3 * steps.length + sigma.length;
    const size = inputs + steps.length * sigma.length;
    const at = numbers(size);
    const all = new Float64Array(memory.buffer, at, size);
    all.set(steps.flat());
    all.set(sigma, 3 * steps.length);
    gains(steps.length, sigma.length);
    const count = sigma.length;
    return steps.map((_, k) => all.slice(inputs + k * count, inputs + (k + 1) * count));
  }
}

function stop() {
  throw new Error("the library has stopped");
}
