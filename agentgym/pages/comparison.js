"use strict";
(() => {
  const filters = document.getElementById("filters");
  if (!filters) return;
  const search = document.getElementById("search");
  const change = document.getElementById("change");
  const run = document.getElementById("run");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("#tasks tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, i) => {
      const fits =
        (!change.value || row.dataset.change === change.value) &&
        (!run.value || row.dataset.run === run.value) &&
        words.every((word) => texts[i].includes(word));
      row.hidden = !fits;
      left += fits;
    });
    shown.textContent = `${left} of ${rows.length} tasks`;
  }

  filters.hidden = false;
  filters.addEventListener("input", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      search.focus();
    }
  });
  filter();
})();
