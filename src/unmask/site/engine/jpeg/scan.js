/** The coefficients of one scan of a JPEG file: sequential, or one pass of a progressive file. */
import { Bits } from "./huffman.js";

/** Position in the block of 8 x 8 coefficients, by place in the file. */
export const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]);

/** Reads the blocks of one scan. `first`, `last`: range of coefficients; `high`, `low`: bits before and after this pass. */
class Scan {
  constructor(bytes, at, { first, last, high, low }) {
    this.bits = new Bits(bytes, at);
    Object.assign(this, { first, last, high, low, run: 0 });
  }

  sequential(component, at) {
    const { bits } = this;
    const { coefficients, dc, ac } = component;
    component.last += bits.signed(bits.symbol(dc));
    coefficients[at] = component.last;
    for (let k = 1; k < 64; k += 1) {
      const symbol = bits.symbol(ac);
      const size = symbol & 15;
      if (size) {
        k += symbol >> 4;
        coefficients[at + ZIGZAG[k & 63]] = bits.signed(size);
      } else if (symbol < 0xf0) return;
      else k += 15;
    }
  }

  firstDc(component, at) {
    component.last += this.bits.signed(this.bits.symbol(component.dc));
    component.coefficients[at] = component.last << this.low;
  }

  moreDc(component, at) {
    if (this.bits.take(1)) component.coefficients[at] |= 1 << this.low;
  }

  firstAc({ coefficients, ac }, at) {
    if (this.run) {
      this.run -= 1;
      return;
    }
    for (let k = this.first; k <= this.last; k += 1) {
      const symbol = this.bits.symbol(ac);
      const zeros = symbol >> 4;
      const size = symbol & 15;
      if (size) {
        k += zeros;
        coefficients[at + ZIGZAG[k & 63]] = this.bits.signed(size) * (1 << this.low);
      } else if (zeros < 15) {
        this.run = (1 << zeros) - 1 + this.bits.take(zeros);
        return;
      } else k += 15;
    }
  }

  moreAc({ coefficients, ac }, at) {
    let k = this.first;
    if (!this.run) {
      for (; k <= this.last; k += 1) {
        const symbol = this.bits.symbol(ac);
        const zeros = symbol >> 4;
      const size = symbol & 15;
        const value = size ? (this.bits.take(1) ? 1 : -1) * (1 << this.low) : 0;
        if (!size && zeros < 15) {
          this.run = (1 << zeros) + this.bits.take(zeros);
          break;
        }
        k = this.refine(coefficients, at, k, zeros);
        if (value && k <= this.last) coefficients[at + ZIGZAG[k]] = value;
      }
    }
    if (this.run) {
      this.refine(coefficients, at, k, 64);
      this.run -= 1;
    }
  }

  /** Add a bit to each coefficient that is not zero, until more than `zeros` zeros were passed; returns the place. */
  refine(coefficients, at, from, zeros) {
    let k = from;
    let left = zeros;
    for (; k <= this.last; k += 1) {
      const place = at + ZIGZAG[k];
      const value = coefficients[place];
      if (value === 0) {
        left -= 1;
        if (left < 0) break;
      } else if (this.bits.take(1) && !(value & (1 << this.low))) coefficients[place] += (value > 0 ? 1 : -1) * (1 << this.low);
    }
    return k;
  }

  /** The method for the blocks of this scan. */
  reader(progressive) {
    if (!progressive) return this.sequential;
    if (this.first === 0) return this.high ? this.moreDc : this.firstDc;
    return this.high ? this.moreAc : this.firstAc;
  }
}

/** Offsets of the blocks of each unit between which restart markers may stand. */
function* units(frame, components) {
  if (components.length === 1) {
    const [{ columns, rows, stride }] = components;
    for (let y = 0; y < rows; y += 1) for (let x = 0; x < columns; x += 1) yield [[components[0], 64 * (y * stride + x)]];
    return;
  }
  for (let row = 0; row < frame.unitRows; row += 1) {
    for (let column = 0; column < frame.unitColumns; column += 1) {
      const blocks = [];
      for (const component of components) {
        const { across, down, stride } = component;
        for (let y = 0; y < down; y += 1) for (let x = 0; x < across; x += 1) blocks.push([component, 64 * ((row * down + y) * stride + column * across + x)]);
      }
      yield blocks;
    }
  }
}

/** Read a scan into the coefficients of its components; returns the offset at which it ends. */
export function readScan(bytes, at, frame, components, range, interval) {
  const scan = new Scan(bytes, at, range);
  const read = scan.reader(frame.progressive);
  for (const component of components) component.last = 0;
  let left = interval;
  for (const blocks of units(frame, components)) {
    if (interval && left === 0) {
      scan.bits.restart();
      scan.run = 0;
      left = interval;
      for (const component of components) component.last = 0;
    }
    left -= 1;
    for (const [component, offset] of blocks) read.call(scan, component, offset);
  }
  return scan.bits.at;
}
