/** The coefficients of a JPEG file: its tables, its components, and all its scans. */
import { makeTable } from "./huffman.js";
import { END_OF_IMAGE, segments, START_OF_SCAN } from "./markers.js";
import { readScan, ZIGZAG } from "./scan.js";

const [QUANTIZATION, HUFFMAN, RESTART, ADOBE, JFIF] = [0xdb, 0xc4, 0xdd, 0xee, 0xe0];
const [BASELINE, EXTENDED, PROGRESSIVE] = [0xc0, 0xc1, 0xc2];

const word = (bytes, at) => bytes[at] * 256 + bytes[at + 1];
const isFrame = (marker) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** The size of the stored image; null if the header has none. */
export function storedSize(bytes) {
  for (const { marker, start } of segments(bytes)) if (isFrame(marker)) return { width: word(bytes, start + 3), height: word(bytes, start + 1) };
  return null;
}

/** The frame header: size and components with room for their coefficients; null for kinds that are not supported. */
function readFrame(bytes, start, marker) {
  const [precision, height, width, count] = [bytes[start], word(bytes, start + 1), word(bytes, start + 3), bytes[start + 5]];
  if (![BASELINE, EXTENDED, PROGRESSIVE].includes(marker) || precision !== 8 || ![1, 3].includes(count) || !width || !height) return null;
  const components = Array.from({ length: count }, (_, index) => {
    const at = start + 6 + 3 * index;
    return { id: bytes[at], across: bytes[at + 1] >> 4, down: bytes[at + 1] & 15, table: bytes[at + 2] };
  });
  if (count === 1) Object.assign(components[0], { across: 1, down: 1 });
  const [across, down] = ["across", "down"].map((name) => Math.max(...components.map((component) => component[name])));
  const [unitColumns, unitRows] = [Math.ceil(width / (8 * across)), Math.ceil(height / (8 * down))];
  for (const component of components) {
    component.columns = Math.ceil(Math.ceil((width * component.across) / across) / 8);
    component.rows = Math.ceil(Math.ceil((height * component.down) / down) / 8);
    component.stride = unitColumns * component.across;
    component.coefficients = new Int16Array(64 * component.stride * unitRows * component.down);
  }
  return { width, height, across, down, unitColumns, unitRows, components, progressive: marker === PROGRESSIVE };
}

class Reader {
  constructor(bytes) {
    Object.assign(this, { bytes, quantization: [], dc: [], ac: [], interval: 0, frame: null, colors: null });
  }

  tables(start, end) {
    for (let at = start; at < end; ) {
      const [wide, index] = [this.bytes[at] >> 4, this.bytes[at] & 15];
      const values = new Int32Array(64);
      for (let k = 0; k < 64; k += 1) values[ZIGZAG[k]] = wide ? word(this.bytes, at + 1 + 2 * k) : this.bytes[at + 1 + k];
      this.quantization[index] = values;
      at += wide ? 129 : 65;
    }
  }

  huffman(start, end) {
    for (let at = start; at < end; ) {
      const counts = this.bytes.slice(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const target = this.bytes[at] >> 4 ? this.ac : this.dc;
      target[this.bytes[at] & 15] = makeTable(counts, this.bytes.slice(at + 17, at + 17 + total));
      at += 17 + total;
    }
  }

  scan(start) {
    const count = this.bytes[start];
    const components = Array.from({ length: count }, (_, index) => {
      const [id, tables] = this.bytes.subarray(start + 1 + 2 * index, start + 3 + 2 * index);
      const component = this.frame.components.find((each) => each.id === id);
      component.quantization ??= this.quantization[component.table];
      return Object.assign(component, { dc: this.dc[tables >> 4], ac: this.ac[tables & 15] });
    });
    const at = start + 1 + 2 * count;
    const range = { first: this.bytes[at], last: this.bytes[at + 1], high: this.bytes[at + 2] >> 4, low: this.bytes[at + 2] & 15 };
    return readScan(this.bytes, at + 3, this.frame, components, range, this.interval);
  }

  /** Read a segment; returns the offset after a scan, else null. */
  segment({ marker, start, end }) {
    if (marker === QUANTIZATION) this.tables(start, end);
    else if (marker === HUFFMAN) this.huffman(start, end);
    else if (marker === RESTART) this.interval = word(this.bytes, start);
    else if (marker === ADOBE && end - start >= 12) this.colors ??= this.bytes[start + 11] === 1 ? "ycc" : "other";
    else if (marker === JFIF) this.colors = "ycc";
    else if (isFrame(marker)) this.frame = readFrame(this.bytes, start, marker);
    return marker === START_OF_SCAN && this.frame ? this.scan(start) : null;
  }
}

/** The offset of the next marker that is not a restart marker. */
function nextMarker(bytes, from) {
  let at = from;
  while (at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] >= 0xc0 && !(bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd8))) at += 1;
  return at;
}

/** The frame of a file with the coefficients of its components; null for a kind of JPEG that is not supported. */
export function readCoefficients(bytes) {
  const reader = new Reader(bytes);
  let at = 2;
  while (at !== null && bytes[at + 1] !== END_OF_IMAGE) {
    let next = null;
    for (const segment of segments(bytes, at)) {
      next = reader.segment(segment);
      if (!reader.frame && isFrame(segment.marker)) return null;
    }
    at = next === null ? null : nextMarker(bytes, next);
  }
  const ids = reader.frame?.components.map(({ id }) => id).join();
  const known = reader.frame?.components.every(({ quantization }) => quantization);
  return known && (reader.colors ?? (ids === "82,71,66" ? "other" : "ycc")) === "ycc" ? reader.frame : null;
}
