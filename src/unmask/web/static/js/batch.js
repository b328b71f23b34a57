/** All cards: a list, or a grid of tiles for many; filter, sort order, selection, progress, downloads and printing. */
import { Card } from "./card.js";
import { announce, byId, h } from "./dom.js";
import { saveCsv, saveJson } from "./downloads.js";
import { headlineOf } from "./headline.js";
import { LABELS, labelOf } from "./labels.js";
import { menu } from "./menu.js";
import { reviewKeys } from "./review_keys.js";
import { server } from "./server.js";
import { inLanguage } from "./server_text.js";
import { locale, t } from "./strings.js";

const MAX_LISTED = 4;
/** Pictures from which on all cards stay closed. */
const MANY = 13;
/** Cards that are created in one task, so that the page answers in between. */
const CARDS_AT_A_TIME = 4;
const nextTask = () => new Promise((resolve) => setTimeout(resolve));
const score = (item) => item.result?.probability_fake ?? -1;
const SORTS = {
  sent: (a, b) => a.number - b.number,
  score: (a, b) => score(b) - score(a) || a.number - b.number,
  label: (a, b) => rank(a) - rank(b) || SORTS.score(a, b),
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
};
const rank = (item) => (item.result ? LABELS.indexOf(labelOf(item.result)) : LABELS.length);

export class Batch {
  constructor(items) {
    this.items = items;
    this.cards = new Map();
    this.shown = "all";
    this.view = "auto";
    this.sort = byId("sort");
    this.sort.append(...Object.keys(SORTS).map((name) => h("option", { value: name }, t(`sort.${name}`))));
    this.sort.addEventListener("change", () => this.arrange());
    byId("cancel-all").addEventListener("click", () => items.cancelAll());
    byId("view").addEventListener("click", () => this.changeView());
    this.tools();
    reviewKeys(this);
    window.addEventListener("beforeprint", () => this.beforePrint());
    items.addEventListener("add", ({ detail }) => this.add(detail));
    items.addEventListener("change", ({ detail }) => this.change(detail));
    items.addEventListener("remove", ({ detail }) => this.remove(detail));
  }

  /** The actions on the selected pictures, or on all if none is selected. */
  tools() {
    const action = (id, words, act) => h("button", { type: "button", id, onclick: act }, t(words));
    const keys = h("input", { type: "checkbox", id: "keys" });
    byId("batch-menu").replaceWith(
      menu(
        t("batch.actions"),
        [
          action("select-all", "batch.selectAll", () => this.selectShown()),
          action("save-json", "save.json", () => saveJson(this.results())),
          action("save-csv", "save.csv", () => saveCsv(this.results())),
          action("print", "save.report", () => window.print()),
          h("label", { class: "check" }, keys, t("keys.use")),
          h("p", { class: "fine" }, t("keys.list")),
        ],
        { text: t("batch.actions") },
      ),
    );
    byId("clear").addEventListener("click", () => this.items.remove(this.selected.length ? this.selected : this.items.all));
  }

  get selected() {
    return this.items.all.filter(({ selected }) => selected);
  }

  get grid() {
    return this.view === "auto" ? this.items.all.length > MAX_LISTED : this.view === "grid";
  }

  /** The cards that the filter shows, in the order shown. */
  get visible() {
    return this.orderedCards().filter(({ element }) => !element.hidden);
  }

  changeView() {
    this.view = this.grid ? "list" : "grid";
    this.refresh();
  }

  selectShown() {
    const wanted = !this.visible.every(({ item }) => item.selected);
    for (const { item } of this.visible) item.change({ selected: wanted });
  }

  /** The results of the selected pictures, or of all, in the order shown. */
  results() {
    const chosen = this.selected.length ? new Set(this.selected) : null;
    const done = this.ordered().filter((item) => item.result && (!chosen || chosen.has(item)));
    return done.map(({ name, result }) => ({ ...result, path: name }));
  }

  ordered() {
    return [...this.items.all].sort(SORTS[this.sort.value]);
  }

  /** The cards that exist so far, in the order shown. */
  orderedCards() {
    return this.ordered().flatMap((item) => this.cards.get(item) ?? []);
  }

  /** Create the cards of new pictures, some at a time; `given` may be changed by the caller meanwhile. */
  async add(given) {
    const added = [...given];
    for (let begin = 0; begin < added.length; begin += CARDS_AT_A_TIME) {
      if (begin) await nextTask();
      this.addCards(added.slice(begin, begin + CARDS_AT_A_TIME).filter((item) => this.items.all.includes(item)));
      if (!begin) byId("batch").scrollIntoView({ block: "nearest" });
    }
  }

  addCards(items) {
    for (const item of items) {
      const card = new Card(item, this.items);
      this.cards.set(item, card);
      byId("cards").append(card.element);
    }
    this.refresh();
  }

  remove(gone) {
    for (const item of gone) {
      this.cards.get(item)?.element.remove();
      this.cards.delete(item);
    }
    this.refresh();
  }

  change(item) {
    if (item.state === "done" && !item.seen) {
      item.seen = true;
      queueMicrotask(() => this.openFirst(item));
    }
    if (item.state === "sending" && item.progress > 0) return;
    this.soon ??= requestAnimationFrame(() => {
      this.soon = null;
      this.refresh();
    });
  }

  /** Open the first card of a few, and every picture that is judged again. */
  openFirst(item) {
    const first = this.items.all.length < MANY && item === this.items.all[0];
    if (first || item.judgedAgain) this.cards.get(item)?.open();
  }

  refresh() {
    const { all } = this.items;
    byId("batch").hidden = all.length === 0;
    byId("judge").classList.toggle("filled", all.length > 0);
    byId("batch").classList.toggle("single", all.length === 1);
    byId("cards").classList.toggle("grid", this.grid);
    byId("view").textContent = t(this.grid ? "view.list" : "view.grid");
    byId("clear").textContent = this.selected.length ? t("batch.clearSelected", { count: this.selected.length }) : t("batch.clear");
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

  /** Show only one label; the same label again shows all. */
  filter(label) {
    this.shown = this.shown === label ? "all" : label;
    this.refresh();
  }

  renderFilters() {
    const counts = this.counts();
    const present = LABELS.filter((label) => counts[label]);
    if (!present.includes(this.shown)) this.shown = "all";
    const act = (label) => () => {
      this.shown = label;
      this.refresh();
      byId("filters").querySelector('[aria-pressed="true"]').focus();
    };
    const chip = (label, count) =>
      h("button", { type: "button", class: "chip", "data-label": label, "aria-pressed": String(label === this.shown), onclick: act(label) }, `${t(`label.${label}`)} ${count}`);
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
    this.orderedCards().forEach((card, place) => {
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
      const words = result.problem ? inLanguage(result.problem.message) : headlineOf(result).detail;
      announce(t("batch.announceOne", { name, label: t(`label.${labelOf(result)}`), figure: words }));
      return;
    }
    const counts = Object.entries(this.counts()).filter(([, count]) => count);
    announce(t("batch.announceMany", { done: done.length, total, counts: counts.map(([label, count]) => `${t(`label.${label}`)} ${count}`).join(", ") }));
  }

  beforePrint() {
    for (const card of this.cards.values()) card.open();
    const { card } = server;
    const values = { count: this.items.all.length, date: new Date().toLocaleString(locale), version: server.version };
    const words = t("report.words", { ...values, model: card?.name, modelVersion: card?.version, sha256: card?.sha256 });
    byId("report-head").replaceChildren(h("h1", {}, t("report.title")), h("p", {}, words));
  }
}
