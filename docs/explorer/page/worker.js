// SPDX-License-Identifier: Apache-2.0
// Answers questions beside the page, so that it never freezes.
import { Library } from "./library.js";

const pause = 50; // ms, between two reports: the page draws no more often

let library;
let reported = 0;

function report(read) {
  if (performance.now() - reported < pause) return;
  reported = performance.now();
  self.postMessage({ progress: read() });
}

self.onmessage = async ({ data }) => {
  if (data.module) library = Library.of(data.module, report);
  if (!data.question) return;
  try {
    const { question, numbers } = data;
    const known = await library;
    const answer =
      question.call === "matrix" ? known.matrix(question, numbers) : known.ask(question);
    self.postMessage({ answer });
  } catch (error) {
    self.postMessage({ error: error.message });
  }
};
