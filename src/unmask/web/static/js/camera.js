/** The camera or a shared screen: take a picture, or judge a frame every second, plot the scores and keep the findings. */
import { sendPicture } from "./api.js";
import { announce, dialog, h, s } from "./dom.js";
import { saveCsv, saveJson } from "./downloads.js";
import { decidingFace, headlineOf } from "./headline.js";
import { badge } from "./labels.js";
import { served } from "./server_text.js";
import { locale, t } from "./strings.js";
import { positionOf, zonesOf } from "./zones.js";

const [POINTS, PAUSE] = [60, 1000];
/** Where frames come from: the stream, and the width to which a live frame is scaled. Faces of a conference are small. */
const SOURCES = {
  camera: { width: 640, open: () => navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } }) },
  screen: { width: 1280, open: () => navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 5 } }, audio: false }) },
};

function frame(video, widest) {
  const share = Math.min(1, widest / video.videoWidth);
  const canvas = h("canvas", { width: Math.round(video.videoWidth * share), height: Math.round(video.videoHeight * share) });
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
}

/** A chart of the score over time, with the thresholds. */
class Chart {
  constructor() {
    this.points = [];
    this.element = s("svg", { class: "chart", viewBox: `0 0 ${POINTS - 1} 100`, preserveAspectRatio: "none", role: "img", "aria-label": t("camera.chart") });
  }

  add(result) {
    this.points = [...this.points, decidingFace(result)?.probability_fake ?? null].slice(-POINTS);
    const zones = zonesOf(result.thresholds);
    const y = (value) => 100 - 100 * positionOf(value, zones);
    const line = this.points
      .map((value, place) => (value === null ? "" : `${this.points[place - 1] == null ? "M" : "L"}${place} ${y(value)}h0.010`))
      .join("");
    this.element.replaceChildren(
      ...zones.map(({ label, start, end }) => s("rect", { class: `zone-${label}`, x: 0, width: POINTS - 1, y: 100 - 100 * end, height: 100 * (end - start) })),
      s("path", { class: "line", d: line }),
    );
  }
}

class Live {
  constructor(items, stream, source) {
    Object.assign(this, { items, stream, source, live: false, findings: [], started: 0 });
    this.video = h("video", { autoplay: true, playsinline: true });
    this.video.muted = true;
    this.video.srcObject = stream;
    this.stage = h("div", { class: "camera-stage" }, this.video);
    this.verdict = h("div", {}, h("span", { class: "fine" }, t("camera.wait")));
    this.chart = new Chart();
    this.saved = h("div", { class: "row", hidden: true }, h("span", { class: "fine" }), this.saveButton(saveJson, "save.json"), this.saveButton(saveCsv, "save.csv"));
    this.panel = h("div", { hidden: true }, h("div", { class: "camera-live" }, this.verdict, this.chart.element), h("p", { class: "fine" }, t("camera.note")), this.saved);
    this.liveButton = h("button", { type: "button", id: "live", onclick: () => this.toggle() }, t("camera.live"));
    const shoot = h("button", { type: "button", class: "primary", id: "shoot", onclick: () => this.shoot() }, t("camera.shoot"));
    const close = h("button", { type: "button", onclick: () => this.box.close() }, t("camera.close"));
    this.box = dialog(t(`${source}.title`), this.stage, this.panel, h("div", { class: "row end" }, this.liveButton, close, shoot));
    this.box.addEventListener("close", () => this.stop());
    stream.getVideoTracks()[0].addEventListener("ended", () => (this.live = false));
    if (source === "screen") this.toggle();
  }

  /** A button that saves the findings so far; each has the seconds since the start as `time`. */
  saveButton(save, words) {
    return h("button", { type: "button", class: "small", onclick: () => save(this.findings) }, t(words));
  }

  stop() {
    this.live = false;
    for (const track of this.stream.getTracks()) track.stop();
  }

  async shoot() {
    const file = await frame(this.video, Infinity);
    const time = new Date().toLocaleTimeString(locale).replaceAll(":", "-");
    this.box.close();
    this.items.add([{ file, name: t(`${this.source}.name`, { time }) }]);
  }

  async toggle() {
    this.live = !this.live;
    this.liveButton.textContent = t(this.live ? "camera.stop" : "camera.live");
    this.panel.hidden = false;
    const turn = (this.turn = (this.turn ?? 0) + 1); // a loop ends when the button is pressed, even if it is pressed again at once
    while (this.live && turn === this.turn) {
      const started = performance.now();
      if (this.video.videoWidth) await this.judgeFrame();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, PAUSE - (performance.now() - started))));
    }
  }

  async judgeFrame() {
    try {
      const file = await frame(this.video, SOURCES[this.source].width);
      const result = await sendPicture("v1/detect?remember=false&stability=false", file, "live.jpg");
      if (!this.live) return;
      this.chart.add(result);
      this.keep(result);
      this.verdict.replaceChildren(badge(result.label, true), h("p", { class: "fine" }, headlineOf(result).detail));
      this.drawBoxes(result);
      if (this.label !== result.label) announce(t(`label.${result.label}`));
      this.label = result.label;
    } catch (error) {
      this.verdict.replaceChildren(h("span", { class: "fine" }, served(error.message)));
    }
  }

  /** Add a result to the findings that can be saved. */
  keep(result) {
    this.started ||= performance.now();
    const time = Math.round((performance.now() - this.started) / 100) / 10;
    this.findings.push({ time, ...result, path: t("camera.moment", { source: t(`${this.source}.title`), time }) });
    this.saved.hidden = false;
    this.saved.firstChild.textContent = t("camera.findings", { count: this.findings.length });
  }

  /** Draw boxes around the faces. The video is letterboxed inside the stage, which the coordinates take into account. */
  drawBoxes(result) {
    const { clientWidth: width, clientHeight: height } = this.video;
    const scale = Math.min(width / result.width, height / result.height);
    const [left, top] = [(width - result.width * scale) / 2, (height - result.height * scale) / 2];
    this.stage.querySelectorAll(".box").forEach((box) => box.remove());
    for (const face of result.faces) {
      const [x, y, w, h_] = face.box.map((value) => value * scale);
      const style = { left: `${left + x}px`, top: `${top + y}px`, width: `${w}px`, height: `${h_}px` };
      this.stage.append(h("div", { class: "box", "data-label": face.label, style }, h("span", {}, t(`label.${face.label}`))));
    }
  }
}

/** Open the camera, or ask which window, tab or screen to share; `source` is one of SOURCES. */
export async function openLive(items, source) {
  try {
    if (!navigator.mediaDevices) throw new Error(t("camera.none"));
    new Live(items, await SOURCES[source].open(), source);
  } catch (error) {
    if (source === "screen" && error.name === "NotAllowedError") return;
    const close = h("button", { type: "button", onclick: () => box.close() }, t("camera.close"));
    const box = dialog(t(`${source}.title`), h("p", {}, t("camera.off", { reason: error.message })), h("div", { class: "row end" }, close));
  }
}
