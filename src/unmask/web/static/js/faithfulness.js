/** The faithfulness test of a heat map: how often it beats maps of the same shape at random places. */
import { h, s } from "./dom.js";
import { number, rate } from "./labels.js";
import { t } from "./strings.js";

/** Below this score a map counts as no better than chance. */
const WEAK = 0.8;
const [WIDTH, CHANCE] = [400, 0.5];

/** Whether a map does better than maps of the same shape at random places; a map without a test passes. */
export const passes = (test) => !test || test.better_than_chance || test.score >= WEAK;

function verdictOf({ score, better_than_chance: better }) {
  if (better) return "strong";
  return score >= WEAK ? "weak" : "none";
}

/** A bar from 0 to 100 %, with chance at 50 %. */
function line({ score }, words) {
  const x = (share) => share * WIDTH;
  return s(
    "svg",
    { class: "share", viewBox: `-6 0 ${WIDTH + 12} 30`, role: "img", "aria-label": words },
    s("rect", { class: "frame", x: 0, y: 4, width: WIDTH, height: 8, rx: 4 }),
    s("rect", { class: "filled", x: 0, y: 4, width: x(score), height: 8, rx: 4 }),
    s("line", { class: "limit", x1: x(CHANCE), x2: x(CHANCE), y1: 1, y2: 15 }),
    s("text", { class: "tick", x: x(CHANCE), y: 27, "text-anchor": "middle" }, t("faith.chance")),
  );
}

function figures(test) {
  const rows = ["deletion", "insertion"].map((name) => {
    const values = [test[name], test[`random_${name}`]].map((value) => h("td", { class: "number" }, number(value)));
    return h("tr", {}, h("th", { scope: "row" }, t(`faith.${name}`)), values);
  });
  const names = ["faith.curve", "faith.map", "faith.random"].map((name) => h("th", { scope: "col" }, t(name)));
  const table = h("table", {}, h("caption", {}, t("faith.caption")), h("thead", {}, h("tr", {}, names)), h("tbody", {}, rows));
  return h("details", {}, h("summary", {}, t("faith.figures")), table, h("p", { class: "fine" }, t("faith.limits")));
}

function one(face, index, many) {
  const test = face.faithfulness;
  const sentence = t(`faith.${verdictOf(test)}`, { score: rate(test.score), rivals: test.rivals });
  const words = many ? `${t("face.name", { number: index + 1 })}: ${sentence}` : sentence;
  const mark = passes(test) ? null : h("strong", {}, t("faith.grayed"), " ");
  return [h("p", {}, mark, words), line(test, words), figures(test)];
}

/** The test of each map. */
export function faithfulness({ faces }) {
  const title = h("h4", {}, t("faith.title"));
  return h("section", { class: "panel", "aria-label": t("faith.title") }, title, faces.map((face, index) => one(face, index, faces.length > 1)));
}
