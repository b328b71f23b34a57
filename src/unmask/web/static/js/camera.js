/** The camera: take a picture, or judge a frame every second and plot the score over time. */
import { sendPicture } from "./api.js";
import { announce, dialog, h, s } from "./dom.js";
import { badge, figure } from "./labels.js";
import { allowsReal } from "./scale.js";
import { t } from "./strings.js";

const [POINTS, PAUSE, LIVE_WIDTH] = [60, 1000, 640];

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
    this.points = [...this.points, result.probability_fake].slice(-POINTS);
    const { real_below: low, fake_above: high } = result.thresholds;
    const y = (value) => 100 - 100 * value;
    const line = this.points
      .map((value, place) => (value === null ? "" : `${this.points[place - 1] == null ? "M" : "L"}${place} ${y(value)}h0.010`))
      .join("");
    const limit = (value) => s("line", { class: "limit", x1: 0, x2: POINTS - 1, y1: y(value), y2: y(value) });
    this.element.replaceChildren(
      s("rect", { class: "band", x: 0, width: POINTS - 1, y: y(high), height: 100 * (high - low) }),
      ...(allowsReal(result.thresholds) ? [limit(low)] : []),
      limit(high),
      s("path", { class: "line", d: line }),
    );
  }
}

class Camera {
  constructor(items, stream) {
    this.items = items;
    this.stream = stream;
    this.live = false;
    this.video = h("video", { autoplay: true, playsinline: true });
    this.video.muted = true;
    this.video.srcObject = stream;
    this.stage = h("div", { class: "camera-stage" }, this.video);
    this.verdict = h("div", {}, h("span", { class: "fine" }, t("camera.wait")));
    this.chart = new Chart();
    this.panel = h("div", { hidden: true }, h("div", { class: "camera-live" }, this.verdict, this.chart.element), h("p", { class: "fine" }, t("camera.note")));
    this.liveButton = h("button", { type: "button", id: "live", onclick: () => this.toggle() }, t("camera.live"));
    const shoot = h("button", { type: "button", class: "primary", id: "shoot", onclick: () => this.shoot() }, t("camera.shoot"));
    const close = h("button", { type: "button", onclick: () => this.box.close() }, t("camera.close"));
    this.box = dialog(t("camera.title"), this.stage, this.panel, h("div", { class: "row end" }, this.liveButton, close, shoot));
    this.box.addEventListener("close", () => this.stop());
  }

  stop() {
    this.live = false;
    for (const track of this.stream.getTracks()) track.stop();
  }

  async shoot() {
    const file = await frame(this.video, Infinity);
    const time = new Date().toLocaleTimeString().replaceAll(":", "-");
    this.box.close();
    this.items.add([{ file, name: t("camera.name", { time }) }]);
  }

  async toggle() {
    this.live = !this.live;
    this.liveButton.textContent = t(this.live ? "camera.stop" : "camera.live");
    this.panel.hidden = false;
    while (this.live) {
      const started = performance.now();
      await this.judgeFrame();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, PAUSE - (performance.now() - started))));
    }
  }

  async judgeFrame() {
    try {
      const file = await frame(this.video, LIVE_WIDTH);
      const result = await sendPicture("v1/detect?remember=false&stability=false", file, "live.jpg");
      if (!this.live) return;
      this.chart.add(result);
      this.verdict.replaceChildren(badge(result.label, true), h("p", { class: "fine" }, figure(result.label, result.probability_fake)));
      this.drawBoxes(result);
      if (this.label !== result.label) announce(t(`label.${result.label}`));
      this.label = result.label;
    } catch (error) {
      this.verdict.replaceChildren(h("span", { class: "fine" }, error.message));
    }
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

export async function openCamera(items) {
  try {
    if (!navigator.mediaDevices) throw new Error(t("camera.none"));
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1080 } } });
    new Camera(items, stream);
  } catch (error) {
    const close = h("button", { type: "button", onclick: () => box.close() }, t("camera.close"));
    const box = dialog(t("camera.title"), h("p", {}, t("camera.off", { reason: error.message })), h("div", { class: "row end" }, close));
  }
}
