/** A magnifier over the picture: each pixel of the picture is one pixel of the screen, or 2, 4 or 8 of them. */
import { h } from "./dom.js";
import { icon } from "./menu.js";
import { t } from "./strings.js";

const [SIDE, STEP] = [240, 8];
const ZOOMS = [1, 2, 4, 8];
const GLASS = "M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14M15 15l6 6";

class Magnifier {
  constructor(stage, item) {
    Object.assign(this, { stage, item, zoom: 0, x: 0.5, y: 0.5 });
    this.button = h("button", { type: "button", class: "small", "aria-pressed": "false", onclick: () => this.toggle() }, icon(GLASS), t("magnifier.button"));
    this.canvas = h("canvas", { class: "magnifier", tabindex: "0", role: "img", "aria-label": t("magnifier.label") });
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.onMove = (event) => this.follow(event);
  }

  get on() {
    return this.canvas.isConnected;
  }

  toggle() {
    this.button.setAttribute("aria-pressed", String(!this.on));
    if (this.on) {
      this.canvas.remove();
      this.stage.removeEventListener("pointermove", this.onMove);
      return;
    }
    const [face] = this.item.result.faces;
    if (face) [this.x, this.y] = [(face.box[0] + face.box[2] / 2) / this.item.result.width, (face.box[1] + face.box[3] / 2) / this.item.result.height];
    this.stage.append(this.canvas);
    this.stage.addEventListener("pointermove", this.onMove);
    this.canvas.focus({ preventScroll: true });
    this.draw();
  }

  follow({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    [this.x, this.y] = [(clientX - left) / width, (clientY - top) / height];
    this.draw();
  }

  onKey(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { width, height } = this.item.result;
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      [this.x, this.y] = [this.x + (dx * STEP) / width, this.y + (dy * STEP) / height];
    } else if (event.key === "+" || event.key === "-") this.zoom = Math.min(ZOOMS.length - 1, Math.max(0, this.zoom + (event.key === "+" ? 1 : -1)));
    else if (event.key === "Escape") return this.toggle();
    else return;
    event.preventDefault();
    this.draw();
  }

  draw() {
    [this.x, this.y] = [this.x, this.y].map((value) => Math.min(1, Math.max(0, value)));
    const image = this.stage.querySelector("img");
    const pixels = Math.round(SIDE * devicePixelRatio);
    Object.assign(this.canvas, { width: pixels, height: pixels });
    Object.assign(this.canvas.style, { left: `${100 * this.x}%`, top: `${100 * this.y}%` });
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    const shown = pixels / ZOOMS[this.zoom];
    const [left, top] = [Math.round(this.x * image.naturalWidth - shown / 2), Math.round(this.y * image.naturalHeight - shown / 2)];
    context.drawImage(image, left, top, shown, shown, 0, 0, pixels, pixels);
  }
}

/** The button that shows the magnifier over the stage; null for a picture that the browser cannot show. */
export const magnifier = (item, stage) => (stage.querySelector("img") ? new Magnifier(stage, item).button : null);
