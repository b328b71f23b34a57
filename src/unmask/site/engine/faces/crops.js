/** Square crops around face boxes, as the networks for single faces take them. */
import { grayImage, paste } from "../pixels.js";
import { resize } from "../resize.js";
import { round } from "../rounding.js";
import { GRAY } from "./search_scales.js";

/** The square of `factor` times the longer side around a box, scaled to `side` pixels, gray beyond the border of the image. */
export function squareAround(image, [left, top, right, bottom], factor, side) {
  const extent = factor * Math.max(right - left, bottom - top, 1);
  const [x, y, scale] = [(left + right - extent) / 2, (top + bottom - extent) / 2, side / extent];
  const box = [Math.max(0, x), Math.max(0, y), Math.min(image.width, x + extent), Math.min(image.height, y + extent)];
  const [width, height] = [box[2] - box[0], box[3] - box[1]].map((length) => Math.max(1, round(length * scale)));
  const square = grayImage(side, side, GRAY);
  const part = resize(image, width, height, { filter: "bilinear", box, gap: 2 });
  paste(square, part, round((box[0] - x) * scale), round((box[1] - y) * scale));
  return square;
}
