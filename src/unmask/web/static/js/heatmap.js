/** Heat maps: signed values over a face, in colors that color-blind people can tell apart. */
import { h } from "./dom.js";

const SIDE = 112;
const FAKE = [214, 96, 20];
const REAL = [38, 110, 186];
/** Smallest value range of the color scale in logits, by method, so that a weak map looks weak. */
const LEAST_RANGE = { cam: 4, occlusion: 0.5, lime: 0.5 };

function color(share) {
  const [red, green, blue] = share > 0 ? FAKE : REAL;
  return [red, green, blue, Math.round(225 * Math.min(1, Math.abs(share)) ** 0.8)];
}

/** Bilinear interpolation between the cells. */
function interpolate(values, x, y) {
  const rows = values.length;
  const columns = values[0].length;
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const u = clamp(x * columns - 0.5, columns - 1);
  const v = clamp(y * rows - 0.5, rows - 1);
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, bottom] = [Math.min(left + 1, columns - 1), Math.min(top + 1, rows - 1)];
  const mix = (a, b, share) => a + (b - a) * share;
  return mix(mix(values[top][left], values[top][right], u - left), mix(values[bottom][left], values[bottom][right], u - left), v - top);
}

function paint(canvas, valueAt) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let y = 0; y < canvas.height; y += 1) {
    for (let x = 0; x < canvas.width; x += 1) {
      image.data.set(color(valueAt((x + 0.5) / canvas.width, (y + 0.5) / canvas.height)), 4 * (y * canvas.width + x));
    }
  }
  context.putImageData(image, 0, 0);
}

/** A canvas over the region of one face. `explanation` has the size of the picture. */
export function heatmapCanvas(explanation, face) {
  const canvas = h("canvas", { class: "heat", width: SIDE, height: SIDE, "aria-hidden": "true" });
  const range = Math.max(LEAST_RANGE[explanation.method] ?? 0.5, ...face.heatmap.flat().map(Math.abs));
  paint(canvas, (x, y) => interpolate(face.heatmap, x, y) / range);
  const [left, top, width, height] = face.region;
  const share = (value, whole) => `${(100 * value) / whole}%`;
  Object.assign(canvas.style, {
    left: share(left, explanation.width),
    top: share(top, explanation.height),
    width: share(width, explanation.width),
    height: share(height, explanation.height),
  });
  return canvas;
}

/** The color scale from evidence for real to evidence for fake. */
export function heatmapLegend() {
  const canvas = h("canvas", { width: 128, height: 1, "aria-hidden": "true" });
  paint(canvas, (x) => 2 * x - 1);
  return canvas;
}
