// SPDX-License-Identifier: Apache-2.0
// The report of `pion inspect --html`: sorts, filters and switches what is in the page already.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  document.documentElement.classList.add("script");
  const table = one("tensors");
  const rows = [...table.tBodies[0].rows];

  // --- The table: sorting. Empty cells stay last in both directions.
  const collator = new Intl.Collator("en", { numeric: true });
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent;
  };
  const sortBy = (title, descending) => {
    const column = title.cellIndex;
    const isNumber = title.classList.contains("n");
    const sign = descending ? -1 : 1;
    const compare = isNumber ? (a, b) => parseFloat(a) - parseFloat(b) : collator.compare;
    rows.sort((a, b) => {
      const x = valueOf(a, column), y = valueOf(b, column);
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * compare(x, y);
    });
    table.tBodies[0].append(...rows);
    all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    title.setAttribute("aria-sort", descending ? "descending" : "ascending");
  };
  all("thead th:not(.unsorted)", table).forEach((title) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const sorted = title.getAttribute("aria-sort");
      // Of numbers one looks for the large ones first.
      sortBy(title, sorted ? sorted === "ascending" : title.classList.contains("n"));
    });
  });

  // --- The table: filtering.
  const words = one("words"), optimiser = one("optimiser");
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = (!optimiser.value || row.dataset.optimiser === optimiser.value) &&
        wanted.every((word) => text.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    one("rows-shown").textContent = `${shown} of ${rows.length} tensors`;
  };
  words.addEventListener("input", filter);
  optimiser.addEventListener("change", filter);
  one("filter").addEventListener("submit", (event) => event.preventDefault());
  filter();

  // --- Links to a row: it must not be filtered away, and takes the focus.
  const goTo = (id) => {
    const row = one(id);
    if (!row) return;
    if (row.hidden) {
      words.value = optimiser.value = "";
      filter();
    }
    history.replaceState(null, "", `#${id}`);
    row.scrollIntoView({ block: "center", inline: "start" });
    row.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#t']");
    if (!link || !/^#t\d+$/.test(link.getAttribute("href"))) return;
    event.preventDefault();
    goTo(link.getAttribute("href").slice(1));
  });

  // --- The map: one at a time, and arrow keys from cell to cell.
  const choices = all("#choose-map input");
  const showMap = () => choices.forEach((choice) => {
    one(`map-${choice.value}`).hidden = !choice.checked;
  });
  choices.forEach((choice) => choice.addEventListener("change", showMap));
  showMap();
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  all("#map figure svg").forEach((map) => {
    const cells = all("a[data-at]", map);
    const at = new Map(cells.map((cell) => [cell.dataset.at, cell]));
    const size = cells.reduce((most, cell) => Math.max(most, ...cell.dataset.at.split(",")), 0);
    cells.forEach((cell, i) => { cell.tabIndex = i === 0 ? 0 : -1; });
    map.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      const from = event.target.closest("a[data-at]");
      if (!step || !from) return;
      event.preventDefault();
      let [row, column] = from.dataset.at.split(",").map(Number);
      let to;
      while (!to && Math.min(row, column) >= 0 && Math.max(row, column) <= size) {
        row += step[0];
        column += step[1];
        to = at.get(`${row},${column}`);
      }
      if (!to) return;
      from.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
  });

  // --- The spectra: each has a box in the table; a module's box stands for all of its tensors.
  const lines = one("lines");
  if (!lines) return;
  const boxes = new Map(all("tbody input", table).map((box) => [box.value, box]));
  const modules = all("#modules input");
  const from = one("from"), to = one("to");
  const layerOf = (box) => box.closest("tr").dataset.layer;
  const inRange = (layer) => !from || layer === "" ||
    (!(Number(layer) < from.valueAsNumber) && !(Number(layer) > to.valueAsNumber));
  const draw = () => {
    let shown = 0;
    for (const [id, box] of boxes) {
      const visible = box.checked && inRange(layerOf(box));
      one(`s${id}`).style.display = visible ? "" : "none";
      shown += visible;
    }
    for (const module of modules) {
      const own = module.dataset.lines.split(" ").map((id) => boxes.get(id));
      const on = own.filter((box) => box.checked).length;
      module.checked = on === own.length;
      module.indeterminate = on > 0 && on < own.length;
    }
    one("lines-shown").textContent = `${shown} of ${boxes.size} spectra are drawn`;
  };
  const set = (chosen) => {
    for (const box of boxes.values()) box.checked = chosen(box);
    draw();
  };
  one("all-lines").addEventListener("click", () => set(() => true));
  one("no-lines").addEventListener("click", () => set(() => false));
  one("table-lines").addEventListener("click", () => set((box) => !box.closest("tr").hidden));
  modules.forEach((module) => module.addEventListener("change", () => {
    for (const id of module.dataset.lines.split(" ")) boxes.get(id).checked = module.checked;
    draw();
  }));
  table.addEventListener("change", draw);
  for (const limit of [from, to]) limit?.addEventListener("input", draw);
  draw();

  // What is looked at in a map or in the table stands out among the lines.
  const light = (id) => {
    all(".lit", lines).forEach((line) => line.classList.remove("lit"));
    const line = id === undefined ? null : one(`s${id}`);
    const visible = line !== null && line.style.display === "";
    if (visible) line.classList.add("lit");
    lines.classList.toggle("some", visible);
  };
  const tensorAt = (target) => {
    const link = target.closest("a[href^='#t']"), row = target.closest("tbody tr");
    return link ? link.getAttribute("href").slice(2) : row?.id.slice(1);
  };
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => light(tensorAt(event.target)));
  }
  lines.addEventListener("click", (event) => {
    const line = event.target.closest("g[id]");
    if (line) goTo(`t${line.id.slice(1)}`);
  });
})();
