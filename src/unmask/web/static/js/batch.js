/** All cards: filter, sort order, progress, downloads and printing. */
import { Card } from "./card.js";
import { announce, byId, h } from "./dom.js";
import { saveCsv, saveJson } from "./downloads.js";
import { figure, LABELS, labelOf } from "./labels.js";
import { server } from "./server.js";
import { t } from "./strings.js";

const MAX_OPENED = 4;
const SORTS = {
  sent: (a, b) => a.number - b.number,
  score: (a, b) => (b.result?.probability_fake ?? -1) - (a.result?.probability_fake ?? -1) || a.number - b.number,
  label: (a, b) => rank(a) - rank(b) || SORTS.score(a, b),
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
};
const rank = (item) => (item.result ? LABELS.indexOf(labelOf(item.result)) : LABELS.length);

export class Batch {
  constructor(items) {
    this.items = items;
    this.cards = new Map();
    this.shown = "all";
    this.sort = byId("sort");
    this.sort.append(...Object.keys(SORTS).map((name) => h("option", { value: name }, t(`sort.${name}`))));
    this.sort.addEventListener("change", () => this.arrange());
    byId("clear").addEventListener("click", () => items.remove(items.all));
    byId("cancel-all").addEventListener("click", () => items.cancelAll());
    byId("save-json").addEventListener("click", () => saveJson(this.results()));
    byId("save-csv").addEventListener("click", () => saveCsv(this.results()));
    byId("print").addEventListener("click", () => window.print());
    window.addEventListener("beforeprint", () => this.beforePrint());
    items.addEventListener("add", ({ detail }) => this.add(detail));
    items.addEventListener("change", ({ detail }) => this.change(detail));
    items.addEventListener("remove", ({ detail }) => this.remove(detail));
  }

  /** The results so far, in the order shown. */
  results() {
    return this.ordered().filter((item) => item.result).map(({ name, result }) => ({ ...result, path: name }));
  }

  ordered() {
    return [...this.items.all].sort(SORTS[this.sort.value]);
  }

  add(added) {
    for (const item of added) {
      const card = new Card(item, this.items);
      this.cards.set(item, card);
      byId("cards").append(card.element);
    }
    this.refresh();
    byId("batch").scrollIntoView({ block: "nearest" });
  }

  remove(gone) {
    for (const item of gone) {
      this.cards.get(item)?.element.remove();
      this.cards.delete(item);
    }
    this.refresh();
  }

  change(item) {
    if (item.state === "done" && this.items.all.length <= MAX_OPENED) queueMicrotask(() => this.cards.get(item)?.open());
    if (item.state === "sending" && item.progress > 0) return;
    this.soon ??= requestAnimationFrame(() => {
      this.soon = null;
      this.refresh();
    });
  }

  refresh() {
    const { all } = this.items;
    byId("batch").hidden = all.length === 0;
    byId("judge").classList.toggle("filled", all.length > 0);
    byId("batch").classList.toggle("single", all.length === 1);
    this.renderFilters();
    this.renderProgress();
    this.arrange();
    this.announceResults();
  }

  counts() {
    const counts = Object.fromEntries(LABELS.map((label) => [label, 0]));
    for (const { result } of this.items.all) if (result) counts[labelOf(result)] += 1;
    return counts;
  }

  renderFilters() {
    const counts = this.counts();
    const present = LABELS.filter((label) => counts[label]);
    if (!present.includes(this.shown)) this.shown = "all";
    const chip = (label, count) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "data-label": label,
          "aria-pressed": String(label === this.shown),
          onclick: () => {
            this.shown = label;
            this.refresh();
            byId("filters").querySelector('[aria-pressed="true"]').focus();
          },
        },
        `${t(`label.${label}`)} ${count}`,
      );
    byId("filters").replaceChildren(chip("all", this.items.all.length), ...present.map((label) => chip(label, counts[label])));
  }

  renderProgress() {
    const total = this.items.all.length;
    const open = this.items.all.filter((item) => item.open).length;
    byId("overall").hidden = open === 0 || total < 2;
    byId("cancel-all").hidden = open === 0;
    byId("overall-progress").value = total ? (total - open) / total : 0;
    byId("overall-words").textContent = t("batch.words", { done: total - open, total });
    document.title = open ? `${total - open}/${total} · unmask` : "unmask";
  }

  arrange() {
    const list = byId("cards");
    const order = this.ordered().map((item) => this.cards.get(item));
    order.forEach((card, place) => {
      if (list.children[place] !== card.element) list.insertBefore(card.element, list.children[place] ?? null);
      card.element.hidden = this.shown !== "all" && card.element.dataset.label !== this.shown;
    });
  }

  /** Announce new results to screen readers: the verdict of one picture, or the counts of many. */
  announceResults() {
    const done = this.items.all.filter(({ state }) => state === "done");
    if (done.length === 0 || done.length === this.announced) return;
    this.announced = done.length;
    const total = this.items.all.length;
    if (total === 1) {
      const [{ name, result }] = done;
      const label = labelOf(result);
      announce(t("batch.announceOne", { name, label: t(`label.${label}`), figure: result.problem?.message ?? figure(label, result.probability_fake) }));
      return;
    }
    const counts = Object.entries(this.counts()).filter(([, count]) => count);
    announce(t("batch.announceMany", { done: done.length, total, counts: counts.map(([label, count]) => `${t(`label.${label}`)} ${count}`).join(", ") }));
  }

  beforePrint() {
    for (const card of this.cards.values()) card.open();
    const { card } = server;
    const values = { count: this.items.all.length, date: new Date().toLocaleString(), version: server.version };
    const words = t("report.words", { ...values, model: card?.name, modelVersion: card?.version, sha256: card?.sha256 });
    byId("report-head").replaceChildren(h("h1", {}, t("report.title")), h("p", {}, words));
  }
}
