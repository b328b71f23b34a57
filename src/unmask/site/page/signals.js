/** The place of the signals on a card: the site states that they need unmask on a computer. */
import { h } from "./dom.js";
import { t } from "./strings.js";

export const signals = () => h("details", { class: "signals" }, h("summary", {}, t("signal.title")), h("p", { class: "fine" }, t("site.signals")));
