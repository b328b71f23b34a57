/** The help page: how to read a verdict, and the effect of base rates. */
import { byId, h } from "./dom.js";
import { badge, number, rate } from "./labels.js";
import { server } from "./server.js";
import { inLanguage, served } from "./server_text.js";
import { t } from "./strings.js";
import { traces } from "./traces.js";

const PICTURES = [100, 1000, 10000, 100000, 1000000];
const SHARES = [0, 0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5];
const RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1];

/** A slider over a list of values; calls `moved` on input. */
function slider(name, values, index, show, moved) {
  const output = h("output", {}, show(values[index]));
  const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1, value: index, id: `odds-${name}`, "aria-valuetext": show(values[index]) });
  input.addEventListener("input", () => {
    output.textContent = show(values[input.value]);
    input.setAttribute("aria-valuetext", output.textContent);
    moved();
  });
  const field = h("div", { class: "field" }, h("label", { for: `odds-${name}` }, t(`odds.${name}`), output), input);
  return { field, value: () => values[input.value] };
}

const nearest = (values, wanted) => values.reduce((best, value, index) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? index : best), 0);

/** Expected numbers of right and false alarms, rounded. */
export function odds(pictures, share, caught, falseAlarms) {
  const fakes = Math.round(pictures * share);
  const reals = pictures - fakes;
  const right = Math.round(fakes * caught);
  const wrong = Math.round(reals * falseAlarms);
  return { pictures, fakes, reals, right, wrong, alarms: right + wrong };
}

function oddsWords(found) {
  const shown = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, number(value)]));
  if (!found.alarms) return t("odds.wordsNone", shown);
  return t("odds.words", { ...shown, share: rate(found.wrong / found.alarms) });
}

function oddsPanel() {
  const words = h("p", { class: "odds-words", "aria-live": "polite" });
  const [right, wrong] = [h("i", { class: "right" }), h("i", { class: "wrong" })];
  const draw = () => {
    const found = odds(pictures.value(), share.value(), caught.value(), falseAlarms.value());
    words.textContent = oddsWords(found);
    right.style.width = found.alarms ? `${(100 * found.right) / found.alarms}%` : "0";
    wrong.style.width = found.alarms ? `${(100 * found.wrong) / found.alarms}%` : "0";
    right.hidden = !found.right;
    wrong.hidden = !found.wrong;
  };
  const pictures = slider("pictures", PICTURES, 2, number, draw);
  const share = slider("share", SHARES, SHARES.indexOf(0.01), rate, draw);
  const caught = slider("caught", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99], 3, rate, draw);
  const falseAlarms = slider("rate", RATES, nearest(RATES, server.falseAlarms), rate, draw);
  const key = h("div", { class: "odds-key" }, h("span", {}, h("i", { class: "right" }), t("odds.right")), h("span", {}, h("i", { class: "wrong" }), t("odds.wrong")));
  draw();
  const fields = [pictures, share, caught, falseAlarms].map(({ field }) => field);
  return h("div", { class: "odds" }, fields, words, h("div", { class: "odds-bar", "aria-hidden": "true" }, right, wrong), key);
}

const list = (lines) => h("ul", {}, lines.map((line) => h("li", {}, line)));

function modelWords() {
  const { card } = server;
  if (!card) return [];
  const limits = card.limits?.length ? [h("p", {}, t("help.modelLimits")), list(card.limits.map(served))] : [];
  return [h("h2", {}, t("help.modelTitle")), h("p", {}, t("help.model", { ...card, summary: inLanguage(card.summary) })), ...limits];
}

export function openHelp() {
  const labels = ["fake", "real", "unsure", "no_face"];
  const meaning = (label) => h("li", {}, badge(label), h("span", {}, t(`help.${label}`, { rate: rate(server.falseAlarms) })));
  byId("help").replaceChildren(
    h(
      "div",
      { class: "help" },
      h("h1", {}, t("help.title")),
      h("p", { class: "lead" }, t("help.lead")),
      h("ul", { class: "key-list" }, labels.map(meaning)),
      h("h2", {}, t("help.percentTitle")),
      h("p", {}, t("help.percent")),
      h("h2", { id: "odds" }, t("help.oddsTitle")),
      h("p", {}, t("help.oddsLead")),
      oddsPanel(),
      traces(),
      h("h2", {}, t("help.useTitle")),
      list(t("help.use")),
      h("h2", {}, t("help.limitsTitle")),
      list(t("help.limits")),
      modelWords(),
      h("h2", {}, t("help.examplesTitle")),
      h("p", {}, t("help.examples")),
      server.rest_api !== false && [
        h("h2", {}, t("help.apiTitle")),
        h("p", {}, t("help.api"), " ", h("a", { href: "openapi.json" }, "openapi.json"), "."),
      ],
    ),
  );
}
