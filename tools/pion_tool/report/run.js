// SPDX-License-Identifier: Apache-2.0
// The report of a recorded run: switches charts and lines that are in the page already.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  document.documentElement.classList.add("script");
  const controls = one("controls");
  if (!controls) return;

  // --- One chart at a time.
  const choices = all("#choose-chart input");
  const showChart = () => choices.forEach((choice) => {
    one(`chart-${choice.value}`).hidden = !choice.checked;
  });
  choices.forEach((choice) => choice.addEventListener("change", showChart));
  showChart();

  // --- The lines: a module's box switches them in all charts, and so does the range of layers.
  const layers = controls.dataset.layers.split(" ");
  const modules = all("#modules input");
  const from = one("from"), to = one("to");
  const inRange = (layer) => !from || layer === "-" ||
    (!(Number(layer) < from.valueAsNumber) && !(Number(layer) > to.valueAsNumber));
  const draw = () => {
    let shown = 0;
    for (const module of modules) {
      for (const i of module.dataset.lines.split(" ")) {
        const visible = module.checked && inRange(layers[i]);
        shown += visible;
        for (const choice of choices) {
          const line = one(`${choice.value}-${i}`);
          if (line) line.style.display = visible ? "" : "none";
        }
      }
    }
    one("lines-shown").textContent = `${shown} of ${layers.length} layers are drawn`;
  };
  const set = (checked) => {
    modules.forEach((module) => { module.checked = checked; });
    draw();
  };
  one("all-lines").addEventListener("click", () => set(true));
  one("no-lines").addEventListener("click", () => set(false));
  for (const control of [...modules, from, to]) control?.addEventListener("input", draw);
  draw();
})();
