/** The inputs of the searches of a whole picture for faces, and the way back to coordinates of the picture. */
import { grayImage, paste } from "../pixels.js";
import { SEARCH_SIZE } from "../preprocessing.js";
import { resize } from "../resize.js";
import { round } from "../rounding.js";

const [STRIDE, BORDER] = [32, 16];
export const GRAY = 128;
/** Long sides of the picture in the two searches, and the smallest and largest side of a face, in search pixels. */
export const [LARGE, SMALL, SMALLEST] = [SEARCH_SIZE, 160, 13];
const LARGEST = 200;

/** One search: `pixels` with their `scale` from the picture in x and y, the sides of faces to keep, and the offset. */
export class SearchScale {
  constructor(scaled, scale, sides, thresholdScale, offset = [0, 0], centers = null) {
    Object.assign(this, { pixels: networkInput(scaled), scale, sides, thresholdScale, offset, centers });
  }

  /** Corners in coordinates of the picture. */
  toPicture(corners) {
    return corners.map((value, place) => (value - BORDER) / this.scale[place % 2] + this.offset[place % 2]);
  }

  /** Whether the center of a box belongs to this tile. */
  owns([left, top, right, bottom]) {
    if (!this.centers) return true;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    return x >= this.centers[0] && x < this.centers[2] && y >= this.centers[1] && y < this.centers[3];
  }
}

/** The pixels in a gray border, with sides that are multiples of 32. */
function networkInput(scaled) {
  const [width, height] = [scaled.width, scaled.height].map((side) => Math.ceil((side + 2 * BORDER) / STRIDE) * STRIDE);
  const image = grayImage(width, height, GRAY);
  paste(image, scaled, BORDER, BORDER);
  return image;
}

function scaleTo(image, longest) {
  const factor = longest / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, round(side * factor)));
  if (width === image.width && height === image.height) return image;
  return resize(image, width, height, { filter: "bilinear", gap: 2 });
}

/** The one or two searches of a whole picture. */
export function makeSearchScales(image) {
  const longest = Math.max(image.width, image.height);
  const thresholdScale = Math.min(1, LARGE / longest);
  const whole = (scaled, sides) => new SearchScale(scaled, [scaled.width / image.width, scaled.height / image.height], sides, thresholdScale);
  const first = scaleTo(image, Math.min(LARGE, Math.max(SMALL, longest)));
  if (longest <= SMALL) return [whole(first, [SMALLEST, Infinity])];
  return [whole(first, [SMALLEST, LARGEST]), whole(scaleTo(first, SMALL), [SMALL / 5, Infinity])];
}
