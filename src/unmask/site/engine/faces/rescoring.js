/** Scores doubtful faces again on mirrored crops at two scales, where false detections score lower than faces. */
import { grayImage, mirror, paste } from "../pixels.js";
import { resize } from "../resize.js";
import { round } from "../rounding.js";
import { iou } from "./boxes.js";
import { GRAY } from "./search_scales.js";

const [SIDE, MIN_IOU] = [128, 0.4];
/** Sides of the two crops as multiples of the longer side of the box. */
const CROP_FACTORS = [1.6, 3];

/** The lower score of a box over its two crops; 0 if the network finds no face there. */
export async function rescore(network, image, corners) {
  const scores = [];
  for (const factor of CROP_FACTORS) scores.push(await scoreOf(network, image, corners, factor));
  return Math.min(...scores);
}

async function scoreOf(network, image, [left, top, right, bottom], factor) {
  const extent = factor * Math.max(right - left, bottom - top);
  const found = await network(mirroredCrop(image, (left + right) / 2, (top + bottom) / 2, extent));
  const [x, y] = [right - left, bottom - top].map((side) => ((side / extent) * SIDE) / 2);
  const wanted = [SIDE / 2 - x, SIDE / 2 - y, SIDE / 2 + x, SIDE / 2 + y];
  let best = 0;
  found.scores.forEach((score, index) => {
    if (score > best && iou(found.boxes.subarray(4 * index, 4 * index + 4), wanted) >= MIN_IOU) best = score;
  });
  return best;
}

/** The mirrored square of side `extent` around a point, gray beyond the border of the image. */
function mirroredCrop(image, x, y, extent) {
  const [left, top, scale] = [x - extent / 2, y - extent / 2, SIDE / extent];
  const box = [Math.max(0, left), Math.max(0, top), Math.min(image.width, left + extent), Math.min(image.height, top + extent)];
  const [width, height] = [box[2] - box[0], box[3] - box[1]].map((side) => Math.max(1, round(side * scale)));
  const square = grayImage(SIDE, SIDE, GRAY);
  const part = resize(image, width, height, { filter: "bilinear", box, gap: 2 });
  paste(square, part, round((box[0] - left) * scale), round((box[1] - top) * scale));
  return mirror(square);
}
