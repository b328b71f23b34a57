/** Inverse cosine transforms of libjpeg: blocks of 8 x 8 coefficients to 8 x 8, 4 x 4, 2 x 2 pixels, or one. */

const [BITS, PASS] = [13, 2];
const work = new Int32Array(64);
const descale = (value, bits) => (value + (1 << (bits - 1))) >> bits;

/** One pass over 8 values at `at`, `at + step`, ...: calls `put(place, value)` for 8 results, not yet descaled. */
function eight(values, at, step, results) {
  const c1 = values[at + step];
  const c2 = values[at + 2 * step];
  const c3 = values[at + 3 * step];
  const c5 = values[at + 5 * step];
  const c6 = values[at + 6 * step];
  const c7 = values[at + 7 * step];
  const e = (c2 + c6) * 4433;
  const e2 = e - c6 * 15137;
  const e3 = e + c2 * 6270;
  const e0 = (values[at] + values[at + 4 * step]) * 8192;
  const e1 = (values[at] - values[at + 4 * step]) * 8192;
  const z5 = (c7 + c3 + c5 + c1) * 9633;
  const z1 = (c7 + c1) * -7373;
  const z2 = (c5 + c3) * -20995;
  const z3 = (c7 + c3) * -16069 + z5;
  const z4 = (c5 + c1) * -3196 + z5;
  const o0 = c7 * 2446 + z1 + z3;
  const o1 = c5 * 16819 + z2 + z4;
  const o2 = c3 * 25172 + z2 + z3;
  const o3 = c1 * 12299 + z1 + z4;
  results[0] = e0 + e3 + o3;
  results[7] = e0 + e3 - o3;
  results[1] = e1 + e2 + o2;
  results[6] = e1 + e2 - o2;
  results[2] = e1 - e2 + o1;
  results[5] = e1 - e2 - o1;
  results[3] = e0 - e3 + o0;
  results[4] = e0 - e3 - o0;
}

function four(values, at, step, results) {
  const c1 = values[at + step];
  const c3 = values[at + 3 * step];
  const c5 = values[at + 5 * step];
  const c7 = values[at + 7 * step];
  const even = values[at] * 16384;
  const e = values[at + 2 * step] * 15137 - values[at + 6 * step] * 6270;
  const o0 = c7 * -1730 + c5 * 11893 - c3 * 17799 + c1 * 8697;
  const o2 = c7 * -4176 - c5 * 4926 + c3 * 7373 + c1 * 20995;
  results[0] = even + e + o2;
  results[3] = even + e - o2;
  results[1] = even - e + o0;
  results[2] = even - e - o0;
}

function two(values, at, step, results) {
  const even = values[at] * 32768;
  const odd = values[at + 7 * step] * -5906 + values[at + 5 * step] * 6967 - values[at + 3 * step] * 10426 + values[at + step] * 29692;
  results[0] = even + odd;
  results[1] = even - odd;
}

const KINDS = { 8: { pass: eight, extra: 0 }, 4: { pass: four, extra: 1 }, 2: { pass: two, extra: 2 } };
const results = new Int32Array(8);
const block = new Int32Array(64);

/**
 * Transform the block at `from` of `coefficients` and write `size` x `size` pixels to `plane` at `to`, with `stride`
 * pixels from row to row.
 */
export function inverse(coefficients, from, quantization, size, plane, to, stride) {
  if (size === 1) {
    plane[to] = descale(coefficients[from] * quantization[0], 3) + 128;
    return;
  }
  const { pass, extra } = KINDS[size];
  for (let k = 0; k < 64; k += 1) block[k] = coefficients[from + k] * quantization[k];
  for (let x = 0; x < 8; x += 1) {
    pass(block, x, 8, results);
    for (let y = 0; y < size; y += 1) work[8 * y + x] = descale(results[y], BITS - PASS + extra);
  }
  for (let y = 0; y < size; y += 1) {
    pass(work, 8 * y, 1, results);
    for (let x = 0; x < size; x += 1) plane[to + y * stride + x] = descale(results[x], BITS + PASS + 3 + extra) + 128;
  }
}
