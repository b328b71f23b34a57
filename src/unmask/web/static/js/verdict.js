/** The text beside a picture: verdict, scale, faces, meaning, facts, feedback. */
import { postJson } from "./api.js";
import { h, toast } from "./dom.js";
import { badge, bytes, figure, percent, rate, seconds } from "./labels.js";
import { allowsReal, scale } from "./scale.js";
import { server } from "./server.js";
import { t } from "./strings.js";

/** Whether the only reason for the label unsure is that a face may not be one. */
const isDoubtful = (result) => result.faces.filter((face) => face.label === "unsure").every((face) => face.reason === "doubtful_face");

function unsureWords(result) {
  if (isDoubtful(result)) return "unsureFace";
  return allowsReal(result.thresholds) ? "unsure" : "unsureNever";
}

function sentence(result) {
  const { real_below: low, fake_above: high } = result.thresholds;
  const what = t(result.faces.length > 1 ? "verdict.manyFaces" : "verdict.oneFace");
  const limit = percent(result.label === "real" ? low : high);
  const words = result.label === "unsure" ? unsureWords(result) : result.label;
  return t(`verdict.${words}`, { what, limit, rate: rate(server.falseAlarms) });
}

function stabilityWords({ stability }) {
  if (!stability) return t("face.untested");
  const values = { min: percent(stability.min), max: percent(stability.max), flips: stability.flips };
  return t(stability.flips ? "face.flips" : "face.stable", values);
}

function faceWords(face, index) {
  const values = { number: index + 1, label: t(`label.${face.label}`), figure: figure(face.label, face.probability_fake) };
  const doubt = face.reason === "doubtful_face" ? ` ${t("face.doubtful", { score: percent(face.detection_score) })}` : "";
  return t("face.words", { ...values, stability: stabilityWords(face) }) + doubt;
}

/** Buttons for the faces, and the description of the selected one; `select(index)` selects a face. */
export function faces(result, choose) {
  const words = h("p", { class: "face-words", "aria-live": "polite" });
  const buttons = result.faces.map((face, index) =>
    h(
      "button",
      { type: "button", class: "small", "data-label": face.label, "aria-pressed": "false", onclick: () => choose(index) },
      t("face.name", { number: index + 1 }),
    ),
  );
  const list = h("ul", { class: "faces", "aria-label": t("faces.title") }, buttons.map((button) => h("li", {}, button)));
  const select = (index) => {
    words.textContent = faceWords(result.faces[index], index);
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === index)));
  };
  return { elements: [buttons.length > 1 && list, words], select };
}

export function headline(result) {
  const words = h("strong", {}, figure(result.label, result.probability_fake));
  return [
    h("div", { class: "verdict" }, badge(result.label, true), result.label !== "no_face" && words),
    h("p", { class: "verdict-words" }, sentence(result)),
  ];
}

/** The scale of the face with the highest score, which is the score of the picture. */
export function pictureScale(result) {
  if (result.probability_fake === null) return null;
  const face = result.faces.find((each) => each.probability_fake === result.probability_fake);
  return scale(result.probability_fake, result.thresholds, face?.stability);
}

export function meaning(result) {
  const lines = t(`means.${result.label}`).map((line) => h("li", {}, line));
  return h("details", {}, h("summary", {}, t("means.title")), h("ul", {}, lines));
}

function rule({ thresholds }) {
  const limits = { low: percent(thresholds.real_below), high: percent(thresholds.fake_above) };
  return t(allowsReal(thresholds) ? "facts.thresholdsValue" : "facts.thresholdsNever", limits);
}

export function facts(item) {
  const { result } = item;
  const size = { width: result.width, height: result.height, format: result.format };
  const rows = [
    [t("facts.file"), item.name],
    [t("facts.size"), t("facts.sizeValue", size) + (item.file ? `, ${bytes(item.file.size)}` : "")],
    [t("facts.sha256"), h("span", { class: "mono" }, result.sha256)],
    [t("facts.model"), `${result.model.name} ${result.model.version}`],
    [t("facts.thresholds"), rule(result)],
    result.smallest_face && [t("facts.smallest"), t("facts.smallestValue", { pixels: result.smallest_face })],
    result.notes?.length && [t("facts.notes"), result.notes.join(" ")],
    [t("facts.seconds"), t("facts.secondsValue", { seconds: seconds(result.seconds) })],
  ];
  const list = h("dl", { class: "facts" }, rows.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  return h("details", {}, h("summary", {}, t("facts.title")), list);
}

/** The verdict in one paragraph of text. */
export function verdictText(item) {
  const { result } = item;
  if (result.problem) return `${item.name}: ${result.problem.message}`;
  const verdict = { name: item.name, label: t(`label.${result.label}`), figure: figure(result.label, result.probability_fake) };
  const model = { model: result.model.name, version: result.model.version, sha256: result.sha256, faces: result.faces.length };
  return t("copy.text", { ...verdict, ...model, thresholds: rule(result) });
}

export function copyButton(item) {
  const copy = async () => {
    await navigator.clipboard.writeText(verdictText(item));
    toast(t("copy.done"));
  };
  return navigator.clipboard ? h("button", { type: "button", class: "small", onclick: copy }, t("copy.button")) : null;
}

/** Feedback buttons, for verdicts that are stored in the history. */
export function feedback(result) {
  if (!result.id || result.label === "no_face") return null;
  const place = h("div", { class: "row", role: "group", "aria-label": t("feedback.title") });
  const give = (truth) => async () => {
    try {
      await postJson("v1/feedback", { id: result.id, truth });
      place.replaceChildren(h("span", { role: "status" }, t("feedback.done", { truth: t(`truth.${truth}`) })));
    } catch (error) {
      toast(t("error.title", { detail: error.message }));
    }
  };
  const button = (truth) => h("button", { type: "button", class: "small", onclick: give(truth) }, t(`feedback.${truth}`));
  const wrong = { fake: ["real"], real: ["fake"], unsure: ["real", "fake"] }[result.label];
  place.append(h("span", { class: "fine" }, t("feedback.title")), ...wrong.map(button));
  return place;
}
