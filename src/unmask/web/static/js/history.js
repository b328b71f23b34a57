/** The history of verdicts: search, filter, export, deletion; kept pictures with thumbnails that open again or are judged again. */
import { getBlob, getJson, postJson, remove } from "./api.js";
import { byId, dialog, h, toast } from "./dom.js";
import { saveCsv, saveJson } from "./downloads.js";
import { headlineOf } from "./headline.js";
import { badge, LABELS } from "./labels.js";
import { menu } from "./menu.js";
import { loadServerInfo, server } from "./server.js";
import { inLanguage } from "./server_text.js";
import { locale, t } from "./strings.js";

const times = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const [PAGE, EXPORT_PAGE] = [50, 500];

/** A thumbnail of a kept picture, loaded when it is scrolled into view. */
function thumbnail(entry) {
  const image = h("img", { class: "thumb", alt: "" });
  const seen = new IntersectionObserver(async ([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    seen.disconnect();
    const file = await getBlob(`v1/history/${entry.id}/picture`).catch(() => null);
    if (!file) return;
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.onerror = () => image.replaceWith(h("span", { class: "thumb" }));
  });
  seen.observe(image);
  return image;
}

function confirmAll(then) {
  const no = h("button", { type: "button", onclick: () => box.close() }, t("confirm.no"));
  const yes = h("button", { type: "button", class: "primary", id: "confirm-delete" }, t("confirm.yes"));
  const box = dialog(t("history.deleteAll"), h("p", {}, t("history.confirm")), h("div", { class: "row end" }, no, yes));
  yes.addEventListener("click", async () => {
    box.close();
    await then();
  });
}

class History {
  constructor(root, items) {
    Object.assign(this, { root, items });
  }

  async open() {
    await loadServerInfo();
    const kept = t(server.keep_images ? "history.kept" : "history.notKept");
    const days = server.retention_days ? t("history.days", { days: server.retention_days }) : "";
    this.place = h("div", {});
    this.root.replaceChildren(h("h1", {}, t("history.title")), h("p", { class: "lead" }, t("history.lead", { kept, days })), this.bar(), this.place);
    await this.load();
  }

  bar() {
    const load = () => this.load();
    this.label = h("select", { onchange: load }, ["all", ...LABELS.slice(0, 4)].map((label) => h("option", { value: label }, t(`label.${label}`))));
    this.name = h("input", { type: "search", maxlength: 255, onchange: load });
    this.since = h("input", { type: "date", onchange: load });
    this.until = h("input", { type: "date", onchange: load });
    const fields = [["batch.filter", this.label], ["history.search", this.name], ["history.since", this.since], ["history.until", this.until]];
    const act = (words, work) => h("button", { type: "button", onclick: work }, t(words));
    const exports = menu(t("batch.actions"), [act("save.json", () => this.export(saveJson)), act("save.csv", () => this.export(saveCsv))], { text: t("batch.actions") });
    const erase = h("button", { type: "button", class: "small", id: "delete-all", onclick: () => confirmAll(() => remove("v1/history").then(load)) }, t("history.deleteAll"));
    const labels = fields.map(([words, input]) => h("label", {}, h("span", { class: "fine" }, t(words)), input));
    return h("div", { class: "batch-bar history-bar" }, labels, h("div", { class: "batch-tools" }, erase, exports));
  }

  /** The query of the chosen filters; days begin and end in the time zone of the browser. */
  query(limit, before) {
    const query = new URLSearchParams({ limit });
    if (this.label.value !== "all") query.set("label", this.label.value);
    if (this.name.value.trim()) query.set("name", this.name.value.trim());
    if (this.since.value) query.set("since", new Date(`${this.since.value}T00:00:00`).toISOString());
    if (this.until.value) query.set("until", new Date(`${this.until.value}T23:59:59.999`).toISOString());
    if (before) query.set("before", before);
    return query;
  }

  async export(save) {
    const found = [];
    let before = null;
    do {
      const page = await getJson(`v1/history?${this.query(EXPORT_PAGE, before)}`);
      found.push(...page.items);
      before = page.next;
    } while (before);
    save(found);
  }

  async load() {
    this.body = h("tbody", {});
    this.more = h("button", { type: "button", onclick: () => this.next() }, t("history.more"));
    this.shown = h("p", { class: "fine", role: "status" });
    const names = [...(server.keep_images ? ["picture"] : []), "label", "name", "when", "feedback", "actions"];
    const head = h("tr", {}, names.map((name) => h("th", { scope: "col" }, t(`history.${name}`))));
    const scroll = { class: "table-wrap", role: "region", tabindex: "0", "aria-label": t("history.title") };
    this.table = h("div", scroll, h("table", {}, h("thead", {}, head), this.body));
    this.before = null;
    this.judged = new Set();
    this.place.replaceChildren(this.table, h("div", { class: "row" }, this.shown, this.more));
    await this.next();
  }

  async next() {
    const page = await getJson(`v1/history?${this.query(PAGE, this.before)}`);
    this.total = page.total;
    this.before = page.next;
    this.body.append(...page.items.map((entry) => this.row(entry)));
    this.count(0);
  }

  row(entry) {
    const erase = async () => {
      await remove(`v1/history/${entry.id}`);
      line.remove();
      this.count(-1);
    };
    const action = (words, name, act) => h("button", { type: "button", class: "small", "aria-label": t(name, { name: entry.path }), onclick: act }, t(words));
    const latest = entry.feedback.at(-1);
    const older = this.isOlder(entry);
    const words = { name: entry.path ?? "–", model: entry.model.name, version: entry.model.version };
    const again = older && entry.kept && h("button", { type: "button", class: "small", "aria-label": t("history.againOne", words), onclick: () => this.judgeAgain(entry, again) }, t("history.again"));
    const line = h(
      "tr",
      {},
      server.keep_images && h("td", {}, entry.kept && thumbnail(entry)),
      h("td", {}, badge(entry.label), h("div", { class: "fine" }, headlineOf(entry).detail), older && h("div", { class: "fine" }, t("history.older", words))),
      h("td", { class: "name" }, entry.path ?? "–"),
      h("td", { class: "number" }, times.format(new Date(entry.created))),
      h("td", {}, latest ? t(`feedback.${latest.truth}`) : ""),
      h("td", {}, h("div", { class: "row" }, again, entry.kept && action("history.open", "history.openOne", () => this.reopen(entry)), action("history.delete", "history.deleteOne", erase))),
    );
    return line;
  }

  /** Judge a kept picture again, as a card with all evidence, its report and the other models. */
  async reopen(entry) {
    const file = await getBlob(`v1/history/${entry.id}/picture`);
    this.items.add([{ file, name: entry.path ?? "picture" }]);
  }

  /** Whether another model than the one in use judged the picture, and no newer entry is by the one in use. */
  isOlder(entry) {
    if (entry.model.sha256 === server.card.sha256) this.judged.add(entry.sha256);
    return !this.judged.has(entry.sha256);
  }

  /** Judge a kept picture with the model in use; the new verdict becomes the first entry. */
  async judgeAgain(entry, button) {
    button.disabled = true;
    try {
      const found = await postJson(`v1/history/${entry.id}/rejudge`, {});
      this.body.prepend(this.row(found));
      button.remove();
      this.count(1);
      toast(t("history.judged", { before: t(`label.${entry.label}`), after: t(`label.${found.label}`) }));
    } catch (error) {
      button.disabled = false;
      toast(t("error.title", { detail: inLanguage(error.message) }));
    }
  }

  count(change) {
    this.total += change;
    if (this.total === 0) this.place.replaceChildren(h("div", { class: "empty table-wrap" }, h("p", {}, t("history.empty"))));
    this.more.hidden = !this.before;
    this.shown.textContent = t("history.shown", { shown: this.body.children.length, total: this.total });
  }
}

export function openHistory(items) {
  new History(byId("history"), items).open().catch((error) => toast(t("error.title", { detail: inLanguage(error.message) })));
}
