/** Decodes JPEG files at a half, a quarter or an eighth of their size, bit for bit as libjpeg does it for Pillow. */
import { readCoefficients } from "./frame.js";
import { inverse } from "./idct.js";

/** The factor, 1, 2, 4 or 8, by which an image is reduced of which at least the given pixels are wanted. */
export function reduction(width, height, [leastWidth, leastHeight]) {
  const scale = Math.min(Math.floor(width / leastWidth), Math.floor(height / leastHeight));
  return [8, 4, 2, 1].find((factor) => scale >= factor) ?? 1;
}

/** Pixels per side of a component's blocks where those of the largest component have `least`. */
function blockSize({ across, down }, frame, least) {
  let size = least;
  while (size < 8 && (frame.across * least) % (across * size * 2) === 0 && (frame.down * least) % (down * size * 2) === 0) size *= 2;
  return size;
}

/** The pixels of one component: `{data, stride, columns}`; `columns` are those that show the image. */
function plane(component, frame, least) {
  const size = blockSize(component, frame, least);
  const { stride: blocks, rows, coefficients, quantization } = component;
  const stride = blocks * size;
  const data = new Uint8ClampedArray(stride * rows * size);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < component.columns; x += 1) inverse(coefficients, 64 * (y * blocks + x), quantization, size, data, (y * stride) * size + x * size, stride);
  }
  const wide = (component.across * size) / (frame.across * least);
  const high = (component.down * size) / (frame.down * least);
  return { data, stride, wide, high, columns: Math.ceil((frame.width * component.across * size) / (frame.across * 8)), rows: rows * size };
}

/** A plane with half the columns, interpolated to all of them; repeated where blocks have one pixel. */
function widen({ data, stride, columns, rows }, least) {
  const wide = new Uint8ClampedArray(2 * stride * rows);
  const smooth = least > 1 && columns > 2;
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const from = y * stride + x;
      const to = 2 * from;
      const own = 3 * data[from];
      wide[to] = smooth && x > 0 ? (own + data[from - 1] + 1) >> 2 : data[from];
      wide[to + 1] = smooth && x < columns - 1 ? (own + data[from + 1] + 2) >> 2 : data[from];
    }
  }
  return { data: wide, stride: 2 * stride, wide: 1, high: 1 };
}

function toRgb([luma, blue, red], width, height) {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const to = 3 * (y * width + x);
      const value = luma.data[y * luma.stride + x];
      if (!blue) {
        data.fill(value, to, to + 3);
        continue;
      }
      const b = blue.data[y * blue.stride + x] - 128;
      const r = red.data[y * red.stride + x] - 128;
      data[to] = value + ((91881 * r + 32768) >> 16);
      data[to + 1] = value + ((-22554 * b - 46802 * r + 32768) >> 16);
      data[to + 2] = value + ((116130 * b + 32768) >> 16);
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** The image reduced by `factor` 2, 4 or 8; null for a kind of JPEG that is not supported. Throws if it is damaged. */
export function decodeReduced(bytes, factor) {
  const frame = readCoefficients(bytes);
  if (!frame) return null;
  const least = 8 / factor;
  const planes = frame.components.map((component) => plane(component, frame, least));
  const wide = planes.map((each) => (each.wide === 0.5 && each.high === 1 ? widen(each, least) : each));
  if (!wide.every((each) => each.wide === 1 && each.high === 1)) return null;
  return toRgb(wide, Math.ceil(frame.width / factor), Math.ceil(frame.height / factor));
}
