/** The text beside a picture: headline, scale, faces, meaning, facts. */
import { headlineOf } from "./headline.js";
import { h } from "./dom.js";
import { badge, bytes, figure, percent, seconds } from "./labels.js";
import { inLanguage, served } from "./server_text.js";
import { t } from "./strings.js";
import { labelsGiven } from "./zones.js";

function stabilityWords({ stability }) {
  if (!stability) return t("face.untested");
  const values = { min: percent(stability.min), max: percent(stability.max), flips: stability.flips };
  return t(stability.flips ? "face.flips" : "face.stable", values);
}

const doubt = (face) => (face.reason === "doubtful_face" ? ` ${t("face.doubtful", { score: percent(face.detection_score) })}` : "");

function faceWords(face, index) {
  const values = { number: index + 1, label: t(`label.${face.label}`), figure: figure(face.probability_fake) };
  return t("face.words", { ...values, stability: stabilityWords(face) }) + doubt(face);
}

/** With two or more faces: buttons for the faces, and the description of the selected one; `select(index)` selects a face. */
export function faces(result, choose) {
  const many = result.faces.length > 1;
  const words = h("p", { class: many ? "face-words" : "fine stability", "aria-live": many ? "polite" : null });
  const buttons = result.faces.map((face, index) =>
    h(
      "button",
      { type: "button", class: "small", "data-label": face.label, "aria-pressed": "false", onclick: () => choose(index) },
      t("face.name", { number: index + 1 }),
    ),
  );
  const list = h("ul", { class: "faces", "aria-label": t("faces.title") }, buttons.map((button) => h("li", {}, button)));
  const select = (index) => {
    const face = result.faces[index];
    words.textContent = many ? faceWords(face, index) : stabilityWords(face) + doubt(face);
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === index)));
  };
  return { elements: [many && list, words], select };
}

/** The verdict, once: the label, where the score lies, and what not to conclude. */
export function headline(result) {
  const { detail, caution } = headlineOf(result);
  return [
    h("div", { class: "verdict" }, badge(result.label, true), h("strong", {}, detail)),
    h("p", { class: "verdict-words" }, caution),
  ];
}

export function meaning(result) {
  const lines = t(`means.${result.label}`).map((line) => h("li", {}, line));
  return h("details", {}, h("summary", {}, t("means.title")), h("ul", {}, lines));
}

function rule({ thresholds }) {
  const limits = { low: percent(thresholds.real_below), high: percent(thresholds.fake_above) };
  return t(`facts.thresholds${labelsGiven(thresholds) || "Value"}`, limits);
}

/** A quiet row with the facts about file and model; it opens to all of them. */
export function facts(item) {
  const { result } = item;
  const size = t("facts.sizeValue", { width: result.width, height: result.height, format: result.format }) + (item.file ? `, ${bytes(item.file.size)}` : "");
  const model = `${result.model.name} ${result.model.version}`;
  const time = t("facts.secondsValue", { seconds: seconds(result.seconds) });
  const rows = [
    [t("facts.file"), item.name],
    [t("facts.size"), size],
    [t("facts.sha256"), h("span", { class: "mono" }, result.sha256)],
    [t("facts.model"), model],
    [t("facts.thresholds"), rule(result)],
    result.smallest_face && [t("facts.smallest"), t("facts.smallestValue", { pixels: result.smallest_face })],
    result.notes?.length && [t("facts.notes"), result.notes.flatMap((note) => [served(note), " "])],
    [t("facts.seconds"), time],
  ];
  const list = h("dl", { class: "facts" }, rows.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  const row = [size, model, time, h("span", { class: "mono" }, result.sha256.slice(0, 12))].map((each) => h("span", {}, each));
  return h("details", { class: "fact-row" }, h("summary", {}, h("span", { class: "visually-hidden" }, `${t("facts.title")}: `), row), list);
}

/** The verdict in one paragraph of text. */
export function verdictText(item) {
  const { result } = item;
  if (result.problem) return `${item.name}: ${inLanguage(result.problem.message)}`;
  const verdict = { name: item.name, label: t(`label.${result.label}`), detail: headlineOf(result).detail };
  const model = { model: result.model.name, version: result.model.version, sha256: result.sha256, faces: result.faces.length };
  return t("copy.text", { ...verdict, ...model, thresholds: rule(result) });
}
