// SPDX-License-Identifier: Apache-2.0
// Answers questions beside the page, so that it never freezes.
import { Library } from "./library.js";

let library;

self.onmessage = async ({ data }) => {
  if (data.module) library = Library.of(data.module);
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
