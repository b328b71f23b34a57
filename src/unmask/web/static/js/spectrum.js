/** A chart of power by frequency, over the band of real photographs. */
import { h, s } from "./dom.js";
import { t } from "./strings.js";

const [WIDTH, HEIGHT] = [320, 110];

export function spectrum(signal, { low, high }) {
  const power = signal.details.rings_db;
  const all = [...power, ...low, ...high];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (place) => ((WIDTH * (place + 0.5)) / power.length).toFixed(1);
  const y = (value) => ((HEIGHT * (most - value)) / (most - least)).toFixed(1);
  const points = (values) => values.map((value, place) => `${x(place)} ${y(value)}`);
  const band = `M${[...points(high), ...points(low).reverse()].join("L")}Z`;
  return h(
    "figure",
    { class: "spectrum" },
    s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("spectrum.label") },
      s("path", { class: "band", d: band }),
      s("path", { class: "line", d: `M${points(power).join("L")}` }),
    ),
    h("figcaption", { class: "fine" }, t("spectrum.caption")),
  );
}
