/** Huffman tables and the bits of the coded pixels of a JPEG file. */

const FAST = 9;

/** A table for `Bits.symbol`, from the number of codes of each length 1 to 16 and the symbols in the order of codes. */
export function makeTable(counts, symbols) {
  const fast = new Uint16Array(1 << FAST);
  const [firstCode, firstIndex] = [new Int32Array(18), new Int32Array(18)];
  let [code, index] = [0, 0];
  for (let length = 1; length <= 16; length += 1) {
    firstCode[length] = code;
    firstIndex[length] = index;
    for (let left = counts[length - 1]; left > 0; left -= 1, code += 1, index += 1) {
      if (length > FAST) continue;
      const from = code << (FAST - length);
      fast.fill((length << 8) | symbols[index], from, from + (1 << (FAST - length)));
    }
    code <<= 1;
  }
  return { fast, firstCode, firstIndex, counts, symbols };
}

/** The bits of one scan. After a marker in the data it gives zeros. */
export class Bits {
  constructor(bytes, at) {
    Object.assign(this, { bytes, at, buffer: 0, count: 0 });
  }

  fill() {
    while (this.count <= 24) {
      let byte = this.bytes[this.at] ?? 0;
      if (byte === 0xff) {
        if (this.bytes[this.at + 1] === 0) this.at += 2;
        else byte = 0;
      } else this.at += 1;
      this.buffer |= byte << (24 - this.count);
      this.count += 8;
    }
  }

  /** The next `count` bits, at most 16, as a number. */
  take(count) {
    if (count === 0) return 0;
    if (this.count < count) this.fill();
    const value = this.buffer >>> (32 - count);
    this.buffer <<= count;
    this.count -= count;
    return value;
  }

  /** The next symbol of a table. */
  symbol(table) {
    if (this.count < 16) this.fill();
    const found = table.fast[this.buffer >>> (32 - FAST)];
    if (found) {
      this.buffer <<= found >> 8;
      this.count -= found >> 8;
      return found & 255;
    }
    for (let length = FAST + 1; length <= 16; length += 1) {
      const place = (this.buffer >>> (32 - length)) - table.firstCode[length];
      if (place >= 0 && place < table.counts[length - 1]) {
        this.take(length);
        return table.symbols[table.firstIndex[length] + place];
      }
    }
    throw new RangeError("a code of the JPEG file is in no table");
  }

  /** A signed value of `size` bits. */
  signed(size) {
    if (size === 0) return 0;
    const value = this.take(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** Continue after the next restart marker. */
  restart() {
    while (this.at < this.bytes.length && !(this.bytes[this.at] === 0xff && this.bytes[this.at + 1] >= 0xd0 && this.bytes[this.at + 1] <= 0xd7)) this.at += 1;
    Object.assign(this, { at: this.at + 2, buffer: 0, count: 0 });
  }
}
