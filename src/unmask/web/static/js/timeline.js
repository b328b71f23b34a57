/** The scores of one face over the time of a video; a click or the arrow keys go to a moment. */
import { h, s } from "./dom.js";
import { percent } from "./labels.js";
import { t } from "./strings.js";
import { positionOf, zonesOf } from "./zones.js";

const [WIDTH, HEIGHT] = [600, 60];

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function drawing(track, { clip, thresholds }) {
  const zones = zonesOf(thresholds);
  const x = (time) => (WIDTH * time) / Math.max(0.001, clip.duration);
  const y = (probability) => HEIGHT * (1 - positionOf(probability, zones));
  const points = track.moments.map(({ time, probability_fake: value }) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`);
  const cursor = s("line", { class: "cursor", x1: x(track.peak), x2: x(track.peak), y1: 0, y2: HEIGHT });
  const svg = s(
    "svg",
    { class: "timeline-chart", viewBox: `0 -3 ${WIDTH} ${HEIGHT + 6}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    zones.map(({ label, start, end }) => s("rect", { class: `zone-${label}`, x: 0, width: WIDTH, y: HEIGHT * (1 - end), height: HEIGHT * (end - start) })),
    s("path", { class: "line", d: `M${points.join("L")}h0.010` }),
    cursor,
  );
  return { svg, show: (time) => [cursor.setAttribute("x1", x(time)), cursor.setAttribute("x2", x(time))] };
}

/** A slider over the judged frames of a face, drawn as its scores. `seek(time)` goes to a time of the video. */
export function timeline(track, result, seek) {
  const { svg, show } = drawing(track, result);
  const peak = track.moments.findIndex(({ time }) => time === track.peak);
  const input = h("input", { type: "range", min: 0, max: track.moments.length - 1, value: Math.max(0, peak), "aria-label": t("clip.moment") });
  const words = ({ time, probability_fake: value }) => t("clip.at", { time: clock(time), percent: percent(value) });
  const output = h("output", { class: "fine" });
  const go = (moment, jump) => {
    show(moment.time);
    output.textContent = words(moment);
    input.setAttribute("aria-valuetext", output.textContent);
    if (jump) seek(moment.time);
  };
  input.addEventListener("input", () => go(track.moments[input.value], true));
  svg.addEventListener("click", ({ clientX }) => {
    const { left, width } = svg.getBoundingClientRect();
    const wanted = (result.clip.duration * (clientX - left)) / width;
    const nearest = track.moments.reduce((best, moment, index) => (Math.abs(moment.time - wanted) < Math.abs(track.moments[best].time - wanted) ? index : best), 0);
    input.value = nearest;
    go(track.moments[nearest], true);
  });
  go(track.moments[Math.max(0, peak)], false);
  return h("div", { class: "timeline" }, svg, input, output);
}
