/** Scores doubtful faces again on mirrored crops at two scales, where false detections score lower than faces. */
import { mirror } from "../pixels.js";
import { iou } from "./boxes.js";
import { squareAround } from "./crops.js";

const [SIDE, MIN_IOU] = [128, 0.4];
/** Sides of the two crops as multiples of the longer side of the box. */
const CROP_FACTORS = [1.6, 3];

/** The lower score of a box over its two crops; 0 if the network finds no face there. */
export async function rescore(network, image, corners) {
  const scores = [];
  for (const factor of CROP_FACTORS) scores.push(await scoreOf(network, image, corners, factor));
  return Math.min(...scores);
}

async function scoreOf(network, image, corners, factor) {
  const [left, top, right, bottom] = corners;
  const extent = factor * Math.max(right - left, bottom - top);
  const found = await network(mirror(squareAround(image, corners, factor, SIDE)));
  const [x, y] = [right - left, bottom - top].map((side) => ((side / extent) * SIDE) / 2);
  const wanted = [SIDE / 2 - x, SIDE / 2 - y, SIDE / 2 + x, SIDE / 2 + y];
  let best = 0;
  found.scores.forEach((score, index) => {
    if (score > best && iou(found.boxes.subarray(4 * index, 4 * index + 4), wanted) >= MIN_IOU) best = score;
  });
  return best;
}
