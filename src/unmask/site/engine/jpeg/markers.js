/** The segments of a JPEG file, its EXIF orientation, and whether its end is there. */
const [EXIF, ORIENTATION] = [0xe1, 0x0112];
export const [START_OF_SCAN, END_OF_IMAGE] = [0xda, 0xd9];

export const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/** The segments up to the next coded pixels: `{marker, start, end}` of the content of each; `at` is that of the first. */
export function* segments(bytes, at = 2) {
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === END_OF_IMAGE) return;
    const end = at + 2 + bytes[at + 2] * 256 + bytes[at + 3];
    yield { marker, start: at + 4, end };
    if (marker === START_OF_SCAN) return;
    at = end;
  }
}

/** The offset of the value of the EXIF orientation and whether it is little-endian; null if there is none. */
function findOrientation(bytes) {
  for (const { marker, start, end } of segments(bytes)) {
    if (marker !== EXIF || String.fromCharCode(...bytes.subarray(start, start + 4)) !== "Exif") continue;
    const base = start + 6;
    const view = new DataView(bytes.buffer, bytes.byteOffset + base, Math.max(0, Math.min(end, bytes.length) - base));
    if (view.byteLength < 14) return null;
    const little = view.getUint16(0) === 0x4949;
    const table = view.getUint32(4, little);
    if (table + 2 > view.byteLength) return null;
    for (let entry = table + 2, left = view.getUint16(table, little); left > 0 && entry + 12 <= view.byteLength; entry += 12, left -= 1) {
      if (view.getUint16(entry, little) === ORIENTATION) return { at: base + entry + 8, little };
    }
    return null;
  }
  return null;
}

/** The EXIF orientation, 1 to 8, and the bytes with orientation 1, which every browser decodes as they are stored. */
export function withoutOrientation(bytes) {
  const found = findOrientation(bytes);
  if (!found) return { orientation: 1, bytes };
  const [low, high] = found.little ? [found.at, found.at + 1] : [found.at + 1, found.at];
  const orientation = bytes[high] === 0 && bytes[low] >= 1 && bytes[low] <= 8 ? bytes[low] : 1;
  const upright = bytes.slice();
  [upright[low], upright[high]] = [1, 0];
  return { orientation, bytes: upright };
}

/** Whether the file has the marker that ends the coded pixels. */
export function hasEnd(bytes) {
  for (let at = bytes.length - 2; at > 0; at -= 1) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}
