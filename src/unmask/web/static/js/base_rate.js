/** The score restated for the user's own share of fakes. */
import { h } from "./dom.js";
import { percent, rate } from "./labels.js";
import { t } from "./strings.js";

const KEY = "unmask-base-rate";
const SHARES = [0.5, 0.1, 0.01, 0.001];
const changed = new EventTarget();
const chosen = () => (SHARES.includes(Number(localStorage.getItem(KEY))) ? Number(localStorage.getItem(KEY)) : 0.5);

/** The probability of fake if `share` of all pictures are fake, instead of half of them (Bayes' theorem). */
export function restate(probability, share) {
  const odds = (probability / (1 - probability)) * (share / (1 - share));
  return odds / (1 + odds);
}

/** A control that restates one probability; all controls of the page change together. */
export function baseRate(probability) {
  if (probability === null || probability === undefined) return null;
  const output = h("output", { class: "base-rate-value" });
  const select = h("select", { "aria-label": t("baseRate.label") }, SHARES.map((share) => h("option", { value: share }, t("baseRate.share", { share: rate(share) }))));
  const draw = () => {
    select.value = String(chosen());
    output.textContent = t("baseRate.value", { percent: percent(restate(probability, chosen())) });
  };
  select.addEventListener("change", () => {
    localStorage.setItem(KEY, select.value);
    changed.dispatchEvent(new Event("change"));
  });
  changed.addEventListener("change", draw);
  draw();
  return h("div", { class: "base-rate" }, h("span", {}, t("baseRate.if")), select, output);
}
