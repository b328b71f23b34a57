/** The stability probe: how much mild re-encodings change the score of a face. */
import { NEVER_REAL, PRIOR } from "./card.js";
import { resize } from "./resize.js";
import { round } from "./rounding.js";


/** The pixels after JPEG encoding by the browser. `quality` is from 0 to 100. */
async function reencodeJpeg({ width, height, data }, quality) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const image = context.createImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    for (let channel = 0; channel < 3; channel += 1) image.data[to + channel] = data[from + channel];
    image.data[to + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: quality / 100 });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const read = context.getImageData(0, 0, width, height).data;
  const decoded = new Uint8Array(data.length);
  for (let to = 0, from = 0; to < decoded.length; to += 3, from += 4) {
    for (let channel = 0; channel < 3; channel += 1) decoded[to + channel] = read[from + channel];
  }
  return { width, height, data: decoded };
}

function downscale(image, factor) {
  return resize(image, Math.max(1, round(image.width * factor)), Math.max(1, round(image.height * factor)));
}

/** A patch after each of the re-encodings of the probe. */
export const reencodings = async (image) => [await reencodeJpeg(image, 75), downscale(image, 0.75)];

/** Spread of the scores, and number of re-encodings that change the label to the opposite class. */
export function measureStability(label, probability, others, { real_below, fake_above }) {
  const scores = [probability, ...others];
  const low = real_below > NEVER_REAL ? real_below : PRIOR;
  const high = fake_above < 1 - NEVER_REAL ? fake_above : PRIOR;
  const middle = (low + high) / 2;
  const flips = { fake: (other) => other <= middle, real: (other) => other >= middle, unsure: () => false };
  return { min: Math.min(...scores), max: Math.max(...scores), flips: others.filter(flips[label]).length };
}
