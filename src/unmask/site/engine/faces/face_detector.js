/** The face detector: searches a picture at several scales, drops duplicates, and scores uncertain faces again. */
import { searchScale } from "../preprocessing.js";
import { clamp } from "../rounding.js";
import { area, nonMaxSuppression } from "./boxes.js";
import { rescore } from "./rescoring.js";
import { makeSearchScales } from "./search_scales.js";
import { makeTiles } from "./tiles.js";

const KEY = "unmask.faces";
const [MAX_IOU, MAX_COVERED, MIN_SCORE, SURE_SCORE] = [0.35, 0.6, 0.36, 0.72];
/** The score threshold holds for this side; it falls with every doubling of the side, within the given doublings. */
const [REFERENCE_SIDE, SLOPE, OCTAVES] = [64, 0.06, [-1, 1.5]];

export class FaceDetector {
  /** `session` is the loaded network with its metadata, `check` the face check. */
  constructor(session, check) {
    Object.assign(this, { session, check });
    this.threshold = JSON.parse(session.metadata[KEY]).threshold;
  }

  /** The raw scores and boxes for an RGB image with sides that are multiples of 32. */
  async network({ width, height, data }) {
    const { scores, boxes } = await this.session.run(data, [1, height, width, 3]);
    return { scores, boxes };
  }

  /** All faces, largest first: `{box: [x, y, width, height], score}` in pixels of the full-size upright picture. */
  async find(picture) {
    const image = await picture.rgb(searchScale(picture.width, picture.height));
    const found = await this.candidates(image, picture);
    const kept = nonMaxSuppression(found, MAX_IOU, MAX_COVERED);
    for (const each of kept) {
      if (each.score >= SURE_SCORE) continue;
      each.score = (each.score + (await rescore((pixels) => this.network(pixels), image, each.corners))) / 2;
    }
    const limits = [image.width, image.height, image.width, image.height];
    const scale = Math.max(picture.width, picture.height) / Math.max(image.width, image.height);
    const faces = kept
      .filter(({ score, side }) => score >= this.thresholdFor(side))
      .map(({ score, corners }) => ({ score, corners: corners.map((value, place) => clamp(value, 0, limits[place])) }))
      .filter(({ corners }) => area(corners) > 0)
      .sort((a, b) => area(b.corners) - area(a.corners));
    return (await this.check.apply(image, faces)).map(({ score, corners: [left, top, right, bottom] }) => ({
      score,
      box: [left, top, right - left, bottom - top].map((value) => value * scale),
    }));
  }

  async candidates(image, picture) {
    const found = [];
    for (const search of makeSearchScales(image)) found.push(...(await this.search(search)));
    for (const tile of makeTiles(image, picture.width, picture.height)) {
      const own = (await this.search(tile)).filter(({ corners }) => tile.owns(corners));
      found.push(...nonMaxSuppression(own, MAX_IOU, MAX_COVERED));
    }
    return found;
  }

  /** The boxes of one search that may be faces: `{corners, score, side}`. */
  async search(search) {
    const { scores, boxes } = await this.network(search.pixels);
    const found = [];
    scores.forEach((score, index) => {
      if (score < Math.min(MIN_SCORE, this.threshold)) return;
      const box = [...boxes.subarray(4 * index, 4 * index + 4)];
      const side = Math.sqrt((box[2] - box[0]) * (box[3] - box[1]));
      if (!(side >= search.sides[0] && side <= search.sides[1])) return;
      const corners = search.toPicture(box);
      found.push({ corners, score, side: Math.sqrt(area(corners)) * search.thresholdScale });
    });
    return found;
  }

  thresholdFor(side) {
    return this.threshold - SLOPE * clamp(Math.log2(Math.max(side, 1) / REFERENCE_SIDE), ...OCTAVES);
  }
}
