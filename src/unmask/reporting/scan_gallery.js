"use strict";
/* Pages, filter, search, sort and review of the pictures of a scan. Without this script all pictures are shown. */
const PAGE = 60;
const list = document.querySelector(".gallery");
const cells = [...list.children];
const tools = document.querySelector("#tools");
const byId = (name) => document.getElementById(name);
const key = `unmask-review ${list.dataset.scan}`;
const state = { label: "", text: "", folder: "", order: "suspicion", page: 0 };
let reviewed = {};
try {
  reviewed = JSON.parse(localStorage.getItem(key)) || {};
} catch {
  reviewed = {};
}

const score = (cell) => Number(cell.dataset.score);
const ORDERS = {
  suspicion: (a, b) => score(b) - score(a),
  real: (a, b) => score(a) - score(b),
  doubt: (a, b) => Number(a.dataset.doubt) - Number(b.dataset.doubt),
  name: (a, b) => a.dataset.path.localeCompare(b.dataset.path, undefined, { numeric: true }),
};

function matches(cell) {
  const { label, text, folder } = state;
  if (label === "open" ? reviewed[cell.dataset.path] : label && cell.dataset.label !== label) return false;
  return (!folder || cell.dataset.folder === folder) && (!text || cell.dataset.path.toLowerCase().includes(text));
}

function show() {
  const found = cells.filter(matches).sort(ORDERS[state.order]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  const first = state.page * PAGE;
  list.replaceChildren(...found.slice(first, first + PAGE));
  const last = Math.min(first + PAGE, found.length);
  byId("count").textContent = found.length ? `${first + 1} to ${last} of ${found.length} pictures` : "no pictures match";
  byId("back").disabled = state.page === 0;
  byId("next").disabled = state.page >= pages - 1;
}

function showReview(cell) {
  const label = reviewed[cell.dataset.path];
  for (const button of cell.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === label));
}

function store() {
  try {
    localStorage.setItem(key, JSON.stringify(reviewed));
  } catch {
    /* Without storage the review lasts until the page is closed. */
  }
  const count = Object.keys(reviewed).length;
  byId("export").textContent = count ? `Save ${count} reviewed as CSV` : "Save reviewed as CSV";
  byId("export").disabled = !count;
}

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

function saveReview() {
  const rows = cells
    .filter((cell) => reviewed[cell.dataset.path])
    .map(({ dataset: { path, label, score: probability } }) => [path, reviewed[path], label, probability].map(quoted).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([["file_name,label,verdict,probability_fake", ...rows, ""].join("\r\n")], { type: "text/csv" }));
  link.download = "review.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

list.addEventListener("click", ({ target }) => {
  if (target.tagName !== "BUTTON") return;
  const cell = target.closest("li");
  const { path } = cell.dataset;
  if (reviewed[path] === target.value) delete reviewed[path];
  else reviewed[path] = target.value;
  showReview(cell);
  store();
});
const set = (name, value) => {
  state[name] = value;
  state.page = 0;
  show();
};
byId("label").addEventListener("change", ({ target }) => set("label", target.value));
byId("folder").addEventListener("change", ({ target }) => set("folder", target.value));
byId("order").addEventListener("change", ({ target }) => set("order", target.value));
byId("search").addEventListener("input", ({ target }) => set("text", target.value.trim().toLowerCase()));
const turn = (step) => {
  state.page += step;
  show();
  tools.scrollIntoView();
};
byId("back").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
byId("export").addEventListener("click", saveReview);

tools.hidden = false;
for (const folder of [...new Set(cells.map((cell) => cell.dataset.folder))].sort()) {
  byId("folder").append(new Option(folder || ".", folder));
}
byId("folder").parentElement.hidden = byId("folder").options.length < 3;
for (const cell of cells) {
  cell.querySelector(".review").hidden = !cell.querySelector("button");
  showReview(cell);
}
store();
show();
