/** A slider that makes the differences in a map of error levels or noise brighter. */
import { h } from "./dom.js";
import { number } from "./labels.js";
import { t } from "./strings.js";

const STEPS = [0.5, 1, 2, 4, 8];

export function levelSlider(image, title) {
  const output = h("output", {}, t("levels.times", { factor: number(1) }));
  const input = h("input", { type: "range", min: 0, max: STEPS.length - 1, value: 1, "aria-label": t("levels.label", { title }) });
  input.addEventListener("input", () => {
    const factor = STEPS[input.value];
    image.style.filter = `brightness(${factor})`;
    output.textContent = t("levels.times", { factor: number(factor) });
    input.setAttribute("aria-valuetext", output.textContent);
  });
  return h("div", { class: "levels" }, h("span", { class: "fine" }, t("levels.name")), input, output);
}
