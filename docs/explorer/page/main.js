// SPDX-License-Identifier: Apache-2.0
import { Design } from "./design.js";
import { FilterView } from "./filter.js";
import { Library, compiled } from "./library.js";
import { MatrixView } from "./matrix.js";
import { Questions } from "./questions.js";
import { TrainingView } from "./training.js";

try {
  const module = compiled();
  const library = await Library.of(await module);
  window.explorer = new FilterView(library, new Questions(module));
  window.design = new Design(new Questions(module), (chain) => explorer.takeOwn(chain));
  window.matrix = new MatrixView(explorer, new Questions(module));
  window.training = new TrainingView(explorer, library, module);
  performance.mark("first picture");
} catch (error) {
  document.getElementById("error").textContent = `The library did not start: ${error.message}`;
}
