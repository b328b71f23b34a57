/** Signals: evidence beside the score, requested when the panel is first opened. Unusual ones are open, the others one line. */
import { sendPicture } from "./api.js";
import { announce, h } from "./dom.js";
import { levelSlider } from "./level_slider.js";
import { number } from "./labels.js";
import { spectrum } from "./spectrum.js";
import { inLanguage, served } from "./server_text.js";
import { strings, t } from "./strings.js";

/** Details that are drawn as charts, or that only programs read. */
const HIDDEN_DETAILS = new Set(["rings_db", "luminance_table", "region", "levels"]);
const TONES = { none: "no_face", look: "unsure", strong: "fake" };

/** The title in the language of the page; the server's if there is no translation. */
const titleOf = ({ name, title }) => strings[`signal.title.${name}`] ?? title;

function asText(value) {
  if (Array.isArray(value)) return value.map(asText).join(", ");
  if (value && typeof value === "object") return Object.values(value).map(asText).join(": ");
  if (typeof value === "boolean") return t(value ? "signal.yes" : "signal.no");
  return typeof value === "number" ? number(value) : inLanguage(String(value));
}

/** The details as names and values; fields of the file come first. */
function details({ details: found }) {
  const { fields = {}, ...rest } = found;
  const shown = Object.entries(rest).filter(([name]) => !HIDDEN_DETAILS.has(name));
  const rows = [...Object.entries(fields), ...shown.map(([name, value]) => [inLanguage(name.replaceAll("_", " ")), value])]
    .filter(([, value]) => value !== null && asText(value) !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, asText(value))]);
  if (!rows.length) return null;
  return h("details", {}, h("summary", {}, t("signal.details")), h("dl", { class: "facts" }, rows));
}

function map(signal) {
  if (!signal.map) return null;
  const bytes = Uint8Array.from(atob(signal.map), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  const image = h("img", { class: "signal-map", src: url, alt: t("signal.map", { title: titleOf(signal) }), onload: () => URL.revokeObjectURL(url) });
  return [image, levelSlider(image, titleOf(signal))];
}

function one(signal, usual) {
  const notice = h("span", { class: "notice", "data-label": TONES[signal.notice] }, t(`notice.${signal.notice}`));
  return h(
    "li",
    { class: "signal", "data-notice": signal.notice },
    h("h4", {}, titleOf(signal), " ", notice),
    h("p", {}, served(signal.reading)),
    signal.details.rings_db && spectrum(signal, usual),
    map(signal),
    details(signal),
    h("p", { class: "fine" }, t("signal.limits"), " ", served(signal.limits)),
  );
}

const list = (found, usual) => h("ul", { class: "signal-list" }, found.map((signal) => one(signal, usual)));

/** The unusual signals, and the others in one line that opens. */
function drawn({ signals: found, usual_spectrum: usual }) {
  const unusual = found.filter(({ notice }) => notice !== "none");
  const others = found.filter(({ notice }) => notice === "none");
  const names = others.map(titleOf).join(", ");
  const line = others.length && h("details", { class: "usual-signals" }, h("summary", {}, t("signal.usual", { names })), list(others, usual));
  return [h("p", { class: "fine" }, t("signal.lead")), unusual.length > 0 && list(unusual, usual), line].filter(Boolean);
}

/** A panel that requests the signals when it is first opened, and again after an error. */
export function signals(item) {
  const place = h("div", { "aria-busy": "false" });
  const panel = h("details", { class: "signals" }, h("summary", {}, t("signal.title")), place);
  let known = false;
  panel.addEventListener("toggle", async () => {
    if (!panel.open || known) return;
    known = true;
    place.setAttribute("aria-busy", "true");
    place.replaceChildren(h("p", { class: "fine" }, t("signal.wait")));
    try {
      const examined = await sendPicture("v1/signals?maps=true", item.file, item.name);
      place.replaceChildren(...drawn(examined));
      const noticed = examined.signals.filter(({ notice }) => notice !== "none").length;
      announce(t("signal.announce", { count: examined.signals.length, noticed }));
    } catch (error) {
      known = false;
      place.replaceChildren(h("p", { class: "problem-words", role: "alert" }, served(error.message)));
    }
    place.setAttribute("aria-busy", "false");
  });
  return panel;
}
