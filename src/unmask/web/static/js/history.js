/** The history of verdicts, with deletion. */
import { getJson, remove } from "./api.js";
import { byId, dialog, h, toast } from "./dom.js";
import { badge, LABELS, percent } from "./labels.js";
import { server } from "./server.js";
import { t } from "./strings.js";

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function row(entry, dropped) {
  const erase = async () => {
    await remove(`v1/history/${entry.id}`);
    line.remove();
    dropped();
  };
  const words = { type: "button", class: "small", "aria-label": t("history.deleteOne", { name: entry.path }), onclick: erase };
  const latest = entry.feedback.at(-1);
  const line = h(
    "tr",
    {},
    h("td", {}, badge(entry.label)),
    h("td", { class: "number" }, entry.probability_fake === null ? "–" : percent(entry.probability_fake)),
    h("td", { class: "name" }, entry.path ?? "–"),
    h("td", { class: "number" }, times.format(new Date(entry.created))),
    h("td", {}, latest ? t(`feedback.${latest.truth}`) : ""),
    h("td", {}, h("button", words, t("history.delete"))),
  );
  return line;
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
  constructor(root) {
    this.root = root;
    this.filter = "all";
  }

  async open() {
    const kept = t(server.keep_images ? "history.kept" : "history.notKept");
    const days = server.retention_days ? t("history.days", { days: server.retention_days }) : "";
    this.place = h("div", {});
    this.root.replaceChildren(h("h1", {}, t("history.title")), h("p", { class: "lead" }, t("history.lead", { kept, days })), this.bar(), this.place);
    await this.load();
  }

  bar() {
    const select = h("select", { "aria-label": t("batch.filter") }, ["all", ...LABELS.slice(0, 4)].map((label) => h("option", { value: label }, t(`label.${label}`))));
    select.value = this.filter;
    select.addEventListener("change", () => {
      this.filter = select.value;
      this.load();
    });
    const all = async () => {
      await remove("v1/history");
      await this.load();
    };
    const erase = h("button", { type: "button", id: "delete-all", onclick: () => confirmAll(all) }, t("history.deleteAll"));
    return h("div", { class: "batch-bar" }, h("label", {}, `${t("batch.filter")} `, select), h("div", { class: "batch-tools" }, erase));
  }

  async load() {
    this.body = h("tbody", {});
    this.more = h("button", { type: "button", onclick: () => this.next() }, t("history.more"));
    this.shown = h("p", { class: "fine", role: "status" });
    const names = ["label", "score", "name", "when", "feedback", "actions"];
    const head = h("tr", {}, names.map((name) => h("th", { scope: "col" }, t(`history.${name}`))));
    const scroll = { class: "table-wrap", role: "region", tabindex: "0", "aria-label": t("history.title") };
    this.table = h("div", scroll, h("table", {}, h("thead", {}, head), this.body));
    this.before = null;
    this.place.replaceChildren(this.table, h("div", { class: "row" }, this.shown, this.more));
    await this.next();
  }

  async next() {
    const query = new URLSearchParams({ limit: 50 });
    if (this.filter !== "all") query.set("label", this.filter);
    if (this.before) query.set("before", this.before);
    const page = await getJson(`v1/history?${query}`);
    this.total = page.total;
    this.before = page.next;
    this.body.append(...page.items.map((entry) => row(entry, () => this.count(-1))));
    this.count(0);
  }

  count(change) {
    this.total += change;
    if (this.total === 0) this.place.replaceChildren(h("div", { class: "empty table-wrap" }, h("p", {}, t("history.empty"))));
    this.more.hidden = !this.before;
    this.shown.textContent = t("history.shown", { shown: this.body.children.length, total: this.total });
  }
}

export function openHistory() {
  new History(byId("history")).open().catch((error) => toast(t("error.title", { detail: error.message })));
}
