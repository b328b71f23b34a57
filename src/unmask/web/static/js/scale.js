/** The scale of the score: one zone of equal width for each label, the spread over re-encodings, and the score. */
import { s } from "./dom.js";
import { decidingFace } from "./headline.js";
import { percent } from "./labels.js";
import { t } from "./strings.js";
import { labelsGiven, positionOf, zonesOf } from "./zones.js";

const [WIDTH, TOP, HEIGHT] = [400, 20, 20];
const at = (share) => share * WIDTH;

function zone({ label, start, end }) {
  return s("rect", { class: `zone-${label}`, x: at(start), y: TOP, width: at(end - start), height: HEIGHT });
}

function limit({ end, high }) {
  return [
    s("line", { class: "limit", x1: at(end), x2: at(end), y1: TOP - 3, y2: TOP + HEIGHT + 3 }),
    s("text", { class: "tick", x: at(end), y: TOP + HEIGHT + 17, "text-anchor": "middle" }, percent(high)),
  ];
}

const frame = () => s("rect", { class: "frame", x: 0, y: TOP, width: WIDTH, height: HEIGHT, rx: 5 });

/** A small scale without text, for lists. */
export function miniScale(probability, thresholds) {
  const zones = zonesOf(thresholds);
  return s(
    "svg",
    { class: "scale mini", viewBox: `-8 ${TOP - 6} ${WIDTH + 16} ${HEIGHT + 12}`, "aria-hidden": "true", focusable: "false" },
    zones.map(zone),
    frame(),
    s("circle", { class: "mark", cx: at(positionOf(probability, zones)), cy: TOP + HEIGHT / 2, r: 11 }),
  );
}

/** The scale of a verdict, for the face that decides its label; null without a face. */
export function scale(result) {
  const face = decidingFace(result);
  if (!face) return null;
  const { thresholds } = result;
  const zones = zonesOf(thresholds);
  const place = (probability) => at(positionOf(probability, zones));
  const [x, middle] = [place(face.probability_fake), TOP + HEIGHT / 2];
  const limits = { low: percent(thresholds.real_below), high: percent(thresholds.fake_above) };
  const label = t(`scale.label${labelsGiven(thresholds)}`, { percent: percent(face.probability_fake), ...limits });
  const spread = face.stability && { x1: place(face.stability.min), x2: place(face.stability.max), y1: middle, y2: middle };
  return s(
    "svg",
    { class: "scale", viewBox: `-6 0 ${WIDTH + 12} 60`, role: "img", "aria-label": label },
    zones.map(zone),
    zones.map(({ label: name, start, end }) => s("text", { class: "name", x: at((start + end) / 2), y: TOP - 6, "text-anchor": "middle" }, t(`scale.${name}`))),
    frame(),
    zones.slice(0, -1).map(limit),
    spread && s("line", { class: "spread", ...spread }),
    s("path", { class: "mark", d: `M${x} ${middle - 8}l8 8-8 8-8-8z` }),
  );
}
