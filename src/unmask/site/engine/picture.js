/** Opens pictures: from the bytes of a file to upright RGB pixels, decoded by the browser. */
import { UnmaskError } from "./errors.js";
import { storedSize } from "./jpeg/frame.js";
import { hasEnd, isJpeg, withoutOrientation } from "./jpeg/markers.js";
import { decodeReduced, reduction } from "./jpeg/reduced.js";
import { orient } from "./pixels.js";
import { reduce } from "./resize.js";

const MAX_PIXELS = 100_000_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** Rows that are read from the browser's picture at a time. */
const STRIP = 256;
const FOREIGN = "this browser cannot read it; unmask on the command line does";

const text = (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end));

/** The format by the first bytes; null if no browser reads it. */
function detectFormat(bytes) {
  if (isJpeg(bytes)) return "JPEG";
  if (text(bytes, 1, 4) === "PNG" && bytes[0] === 0x89) return "PNG";
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP") return "WEBP";
  if (text(bytes, 0, 4) === "GIF8") return "GIF";
  if (text(bytes, 0, 2) === "BM") return "BMP";
  if (["II*\0", "MM\0*"].includes(text(bytes, 0, 4))) return "TIFF";
  if (text(bytes, 4, 8) === "ftyp") return text(bytes, 8, 32).includes("avi") ? "AVIF" : "HEIF";
  return null;
}

/** Lower-case hexadecimal SHA-256 of bytes; null where the browser offers none (pages without HTTPS). */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The stored pixels of a file, transparency on white, without conversion by color profiles. */
async function decode(bytes, format, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  } catch {
    const why = ["TIFF", "HEIF"].includes(format) ? `${format}: ${FOREIGN}` : `begins like ${format} but is damaged or cut short`;
    throw new UnmaskError("corrupt_image", `${name}: ${why}`);
  }
  const { width, height } = bitmap;
  checkPixels(bitmap, name);
  const canvas = new OffscreenCanvas(width, Math.min(STRIP, height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  const data = new Uint8Array(3 * width * height);
  for (let top = 0, to = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    context.fillRect(0, 0, width, STRIP);
    context.drawImage(bitmap, 0, -top);
    const read = context.getImageData(0, 0, width, rows).data;
    for (let from = 0; from < read.length; from += 4) {
      data[to++] = read[from];
      data[to++] = read[from + 1];
      data[to++] = read[from + 2];
    }
  }
  bitmap.close();
  return { width, height, data };
}

/** The image of a JPEG file reduced by `factor`; kinds that `decodeReduced` does not read are averaged over blocks. */
async function decodeAtFactor(bytes, factor, name) {
  let reduced = null;
  try {
    reduced = decodeReduced(bytes, factor);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  }
  if (reduced) return reduced;
  const full = await decode(bytes, "JPEG", name);
  return reduce(full, [factor, factor], [0, 0, full.width, full.height]);
}

/** An opened picture. `width` and `height` are those of the upright picture at full size. */
class Picture {
  constructor(fields) {
    const swapped = fields.orientation > 4;
    const [width, height] = swapped ? [fields.stored.height, fields.stored.width] : [fields.stored.width, fields.stored.height];
    Object.assign(this, { ...fields, width, height, decoded: null });
  }

  /** Upright RGB pixels at `scale` of the full size or more; a JPEG is decoded at a reduced size if that suffices. */
  async rgb(scale = 1) {
    const wanted = Math.min(1, scale) * Math.max(this.width, this.height);
    if (!this.decoded || Math.max(this.decoded.width, this.decoded.height) < Math.trunc(wanted)) {
      this.decoded = orient(await this.decode(scale), this.orientation);
    }
    return this.decoded;
  }

  async decode(scale) {
    if (this.pixels) return this.pixels;
    const { width, height } = this.stored;
    const least = [width, height].map((side) => Math.max(1, Math.trunc(side * scale)));
    const factor = scale < 1 ? reduction(width, height, least) : 1;
    return factor === 1 ? decode(this.bytes, this.format, this.name) : decodeAtFactor(this.bytes, factor, this.name);
  }
}

function checkPixels({ width, height }, name) {
  if (width * height > MAX_PIXELS) throw new UnmaskError("image_too_large", `${name}: ${width}×${height} is more than ${MAX_PIXELS / 1e6} megapixels`);
}

/**
 * Open the bytes of a file.
 *
 * Throws `UnmaskError` with a message in one line for a file that is empty, too large, damaged or no picture.
 */
export async function openPicture(bytes, name = "picture") {
  if (!bytes.length) throw new UnmaskError("empty_file", `${name}: is empty (0 bytes)`);
  if (bytes.length > MAX_BYTES) throw new UnmaskError("image_too_large", `${name}: more than ${MAX_BYTES} bytes`);
  const format = detectFormat(bytes);
  if (!format) throw new UnmaskError("not_an_image", `${name}: not a picture unmask can read in a browser (JPEG, PNG, WebP, AVIF, GIF, BMP)`);
  const digest = await sha256(bytes);
  const fields = { name, format, sha256: digest, orientation: 1 };
  if (format !== "JPEG") {
    const pixels = await decode(bytes, format, name);
    return new Picture({ ...fields, stored: pixels, pixels });
  }
  const stored = storedSize(bytes);
  if (!stored || !hasEnd(bytes)) throw new UnmaskError("corrupt_image", `${name}: damaged or cut short`);
  checkPixels(stored, name);
  return new Picture({ ...fields, stored, ...withoutOrientation(bytes) });
}
