/** The history view of the site, which stores nothing. */
import { byId, h } from "./dom.js";
import { t } from "./strings.js";

export function openHistory() {
  byId("history").replaceChildren(h("h1", {}, t("nav.history")), h("p", { class: "lead" }, t("site.history")));
}
