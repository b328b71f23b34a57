/** The scale from 0 to 100 % fake: zones, thresholds, the spread over re-encodings, and the score. */
import { s } from "./dom.js";
import { percent } from "./labels.js";
import { t } from "./strings.js";

const [WIDTH, TOP, HEIGHT] = [400, 22, 22];
const at = (probability) => probability * WIDTH;

/** Whether the label real is possible; it is not if the threshold is 0. */
export const allowsReal = ({ real_below: low }) => low > 1e-9;

function zone(name, from, to) {
  return s("rect", { class: `zone-${name}`, x: at(from), y: TOP, width: at(to - from), height: HEIGHT });
}

function limit(probability, anchor) {
  const x = at(probability);
  return [
    s("line", { class: "limit", x1: x, x2: x, y1: TOP - 4, y2: TOP + HEIGHT + 4 }),
    s("text", { class: "tick", x, y: TOP + HEIGHT + 17, "text-anchor": anchor }, percent(probability)),
  ];
}

/** Names of the zones. In a narrow outer zone the name is aligned with the end of the scale. */
function names(low, high, real) {
  const fits = (name, share) => at(share) > t(`scale.${name}`).length * 7;
  const word = (name, x, anchor) => s("text", { x: at(x), y: TOP - 7, "text-anchor": anchor }, t(`scale.${name}`));
  return [
    real && (fits("real", low) ? word("real", low / 2, "middle") : word("real", 0, "start")),
    fits("unsure", high - low) && word("unsure", (low + high) / 2, "middle"),
    fits("fake", 1 - high) ? word("fake", (high + 1) / 2, "middle") : word("fake", 1, "end"),
  ];
}

/** A small scale without text, for lists. */
export function miniScale(probability, { real_below: low, fake_above: high }) {
  return s(
    "svg",
    { class: "scale mini", viewBox: `-8 ${TOP - 4} ${WIDTH + 16} ${HEIGHT + 8}`, "aria-hidden": "true", focusable: "false" },
    zone("real", 0, low),
    zone("unsure", low, high),
    zone("fake", high, 1),
    s("rect", { class: "frame", x: 0, y: TOP, width: WIDTH, height: HEIGHT, rx: 3 }),
    s("circle", { class: "mark", cx: at(probability), cy: TOP + HEIGHT / 2, r: 9 }),
  );
}

/** The scale of a probability of fake, with its thresholds and, if known, its stability. */
export function scale(probability, thresholds, stability) {
  const { real_below: low, fake_above: high } = thresholds;
  const real = allowsReal(thresholds);
  const label = t(real ? "scale.label" : "scale.labelNever", { percent: percent(probability), low: percent(low), high: percent(high) });
  const middle = TOP + HEIGHT / 2;
  return s(
    "svg",
    { class: "scale", viewBox: `-6 0 ${WIDTH + 12} 66`, role: "img", "aria-label": label },
    zone("real", 0, low),
    zone("unsure", low, high),
    zone("fake", high, 1),
    s("rect", { class: "frame", x: 0, y: TOP, width: WIDTH, height: HEIGHT, rx: 3 }),
    names(low, high, real),
    real && limit(low, high - low < 0.14 ? "end" : "middle"),
    limit(high, high > 0.93 ? "end" : high - low < 0.14 ? "start" : "middle"),
    stability && s("line", { class: "spread", x1: at(stability.min), x2: at(stability.max), y1: middle, y2: middle }),
    s("path", { class: "mark", d: `M${at(probability)} ${TOP + 5}l7 6.500-7 6.500-7-6.500z` }),
  );
}
