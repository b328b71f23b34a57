/** Preprocessing: from the box of a face to the input of the model, as `unmask.preprocessing` does it. */
import { crop } from "./pixels.js";
import { resize } from "./resize.js";
import { round } from "./rounding.js";

export const SEARCH_SIZE = 640;
export const WHOLE_INPUT = [0, 0, 1, 1];
const [SEARCH_SCALE, MAX_SEARCH_PIXELS] = [0.5, 16_000_000];

/** Scale at which a picture is searched for faces; they are cropped from pixels of at least this resolution. */
export function searchScale(width, height) {
  const finest = Math.min(SEARCH_SCALE, Math.sqrt(MAX_SEARCH_PIXELS / (width * height)));
  return Math.max(SEARCH_SIZE / Math.max(width, height), finest);
}

/** The square crop `x, y, side, side` around the box of a face, inside the picture; `settings` are those of the card. */
export function squareCrop([x, y, w, h], width, height, { margin, min_side: least = 0 }) {
  const side = Math.max(1, Math.min(Math.max(margin * Math.max(w, h), least), width, height));
  const left = Math.min(Math.max(x + w / 2 - side / 2, 0), width - side);
  const top = Math.min(Math.max(y + h / 2 - side / 2, 0), height - side);
  return [left, top, side, side];
}

/** The crop around the face alone, without `min_side`, within the crop that the model sees: shares of its side. */
export function faceRegion(box, width, height, settings) {
  const [left, top, side] = squareCrop(box, width, height, settings);
  const [x, y, w, h] = squareCrop(box, width, height, { margin: settings.margin });
  return [(x - left) / side, (y - top) / side, w / side, h / side];
}

/** The pixels of regions of a picture; a region with a side above `longest` is scaled down to it. */
export async function extractPatches(picture, regions, longest) {
  if (!regions.length) return [];
  const needed = regions.map(([, , w, h]) => longest / Math.max(w, h));
  const image = await picture.rgb(Math.max(searchScale(picture.width, picture.height), ...needed));
  const scale = Math.max(image.width, image.height) / Math.max(picture.width, picture.height);
  return regions.map((region) => patch(image, region, scale, longest));
}

function patch(image, region, scale, longest) {
  const [x, y, w, h] = region.map((value) => value * scale);
  const box = [x, y, Math.min(x + w, image.width), Math.min(y + h, image.height)];
  const shrink = longest / Math.max(w, h);
  if (shrink >= 1) {
    const [left, top, right, bottom] = box.map(round);
    return crop(image, [left, top, Math.max(right, left + 1), Math.max(bottom, top + 1)]);
  }
  return resize(image, Math.max(1, round(w * shrink)), Math.max(1, round(h * shrink)), { box });
}

/** A patch as the input of the model: bytes of `size` x `size` RGB pixels. */
export function toModelInput(patched, { size, resample }) {
  return resize(patched, size, size, { filter: resample }).data;
}
