/** The searches of a large picture, in overlapping tiles, for faces that are too small in the whole picture. */
import { searchScale } from "../preprocessing.js";
import { resize } from "../resize.js";
import { round } from "../rounding.js";
import { LARGE, SMALL, SMALLEST, SearchScale } from "./search_scales.js";

/** Longest side and overlap of tiles, and the side of faces that the coarser level finds, in search pixels. */
const [SIDE, OVERLAP, COARSE] = [960, 128, 64];
/** Largest ratio of the scales of two levels. */
const STEP = 4;

/** Scales of all levels of tiles, finest first, then that of the whole picture. */
function levels(width, height) {
  const [whole, finest] = [LARGE / Math.max(width, height), searchScale(width, height)];
  const count = finest > whole ? Math.ceil(Math.log(finest / whole) / Math.log(STEP) - 1e-9) : 0;
  return Array.from({ length: count + 1 }, (_, number) => finest * (whole / finest) ** (number / Math.max(1, count)));
}

/** Tiles of equal size along an axis: begin and end, and the part in which a tile keeps centers of faces. */
function spans(extent, scale) {
  const overlap = OVERLAP / scale;
  const count = Math.max(1, Math.ceil((extent - overlap) / (SIDE / scale - overlap)));
  const side = (extent + (count - 1) * overlap) / count;
  return Array.from({ length: count }, (_, number) => {
    const begin = number * (side - overlap);
    const end = number === count - 1 ? extent : begin + side;
    return [begin, end, number ? begin + overlap / 2 : -Infinity, number < count - 1 ? end - overlap / 2 : Infinity];
  });
}

/** The tiles of all levels of an image that shows a picture of `width` x `height`; none up to 1280 pixels. */
export function* makeTiles(image, width, height) {
  const shrunk = Math.max(image.width, image.height) / Math.max(width, height);
  const scales = levels(width, height);
  for (let level = 0; level + 1 < scales.length; level += 1) {
    yield* tilesOf(image, scales[level] / shrunk, Math.min(OVERLAP, (COARSE * scales[level]) / scales[level + 1]));
  }
}

function* tilesOf(image, scale, largest) {
  for (const [top, bottom, above, below] of spans(image.height, scale)) {
    for (const [left, right, before, behind] of spans(image.width, scale)) {
      const [width, height] = [right - left, bottom - top].map((side) => Math.max(1, round(side * scale)));
      const tile = resize(image, width, height, { filter: "bilinear", box: [left, top, right, bottom], gap: 2 });
      const scales = [width / (right - left), height / (bottom - top)];
      yield new SearchScale(tile, scales, [SMALLEST, largest], scale, [left, top], [before, above, behind, below]);
    }
  }
}

/** Side in pixels below which faces of a picture are not searched. */
export function smallestFace(width, height) {
  return SMALLEST / Math.min(searchScale(width, height), Math.max(1, SMALL / Math.max(width, height)));
}
