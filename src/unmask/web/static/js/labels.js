/** Appearance of a verdict: label, icon, color, percentage. */
import { h, s } from "./dom.js";
import { locale, t } from "./strings.js";

export const LABELS = ["fake", "unsure", "real", "no_face", "problem"];

const ICONS = {
  fake: "M7.500 2h9L22 7.500v9L16.500 22h-9L2 16.500v-9zM8.500 8.500l7 7M15.500 8.500l-7 7",
  real: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20M7.500 12.500l3 3 6-6.500",
  unsure: "M12 1.500L22.500 12 12 22.500 1.500 12zM9.500 9.500a2.500 2.500 0 1 1 3.600 2.300c-.8.4-1.100.9-1.100 1.700M12 16.500v.1",
  no_face: "M4 4h16v16H4zM8.500 12h7",
  problem: "M12 2.500L22.500 21h-21zM12 9.500v5M12 17.700v.1",
};

const percents = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const numbers = new Intl.NumberFormat(locale);

/** A probability as text, limited to 0.1 % to 99.9 %. */
export const percent = (value) => percents.format(Math.min(0.999, Math.max(0.001, value)));
export const rate = (value, digits = 2) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(value);
export const number = (value) => numbers.format(value);
export const seconds = (value) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);

export function bytes(count) {
  const mega = count / 1048576;
  return mega >= 1 ? `${number(Number(mega.toFixed(1)))} MB` : `${Math.max(1, Math.round(count / 1024))} kB`;
}

/** The label of a result: that of the verdict, or "problem". */
export const labelOf = (result) => (result.problem ? "problem" : result.label);

/** The probability of fake as text. */
export function figure(probabilityFake) {
  if (probabilityFake === null || probabilityFake === undefined) return t("figure.none");
  return t("figure.fake", { percent: percent(probabilityFake) });
}

export function badge(label, large = false) {
  const icon = s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, s("path", { d: ICONS[label] }));
  return h("span", { class: large ? "badge large" : "badge", "data-label": label }, icon, t(`label.${label}`));
}
