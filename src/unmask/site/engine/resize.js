/** Scaling of RGB images, bit for bit as `Image.resize` and `Image.reduce` of Pillow do it. */

const PRECISION = 22;
const ONE = 2 ** PRECISION;
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Scaling filters by name: half width in pixels, and weight at a distance. */
const FILTERS = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight(signed) {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For each output pixel of an axis: the first input pixel, their number, and their fixed-point weights. */
function coefficients(size, from, to, count, { support: halfWidth, weight }) {
  const scale = (to - from) / count;
  const stretch = Math.max(1, scale);
  const support = halfWidth * stretch;
  const width = Math.ceil(support) * 2 + 1;
  const [starts, lengths, weights] = [new Int32Array(count), new Int32Array(count), new Int32Array(count * width)];
  for (let index = 0; index < count; index += 1) {
    const center = from + (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const length = Math.min(size, Math.trunc(center + support + 0.5)) - first;
    const raw = Array.from({ length }, (_, x) => weight((x + first - center + 0.5) / stretch));
    const sum = raw.reduce((total, value) => total + value, 0);
    raw.forEach((value, x) => {
      const share = (sum === 0 ? value : value / sum) * ONE;
      weights[index * width + x] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
    starts[index] = first;
    lengths[index] = length;
  }
  return { starts, lengths, weights, width };
}

const toByte = (sum) => {
  const value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : value;
};

/** Scale rows `first` to `last` of an image along x. */
function scaleRows(image, columns, first, last, { starts, lengths, weights, width }) {
  const data = new Uint8Array(3 * columns * (last - first));
  for (let y = first; y < last; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      let red = ONE / 2;
      let green = ONE / 2;
      let blue = ONE / 2;
      let at = 3 * (y * image.width + starts[x]);
      for (let tap = x * width; tap < x * width + lengths[x]; tap += 1, at += 3) {
        const share = weights[tap];
        red += image.data[at] * share;
        green += image.data[at + 1] * share;
        blue += image.data[at + 2] * share;
      }
      const to = 3 * ((y - first) * columns + x);
      data[to] = toByte(red);
      data[to + 1] = toByte(green);
      data[to + 2] = toByte(blue);
    }
  }
  return { width: columns, height: last - first, data };
}

/** Scale an image along y; `offset` is the number of rows that were cut off above it. */
function scaleColumns(image, rows, offset, { starts, lengths, weights, width }) {
  const line = 3 * image.width;
  const data = new Uint8Array(line * rows);
  for (let y = 0; y < rows; y += 1) {
    const begin = line * (starts[y] - offset);
    for (let x = 0; x < line; x += 1) {
      let sum = ONE / 2;
      for (let tap = 0, at = begin + x; tap < lengths[y]; tap += 1, at += line) sum += image.data[at] * weights[y * width + tap];
      data[y * line + x] = toByte(sum);
    }
  }
  return { width: image.width, height: rows, data };
}

/**
 * The part `box` (corners, also between pixels) of an image, scaled to `width` x `height` with anti-aliasing.
 * `gap` is Pillow's `reducing_gap`: a large image is first averaged over blocks.
 */
export function resize(image, width, height, { filter = "bicubic", box = [0, 0, image.width, image.height], gap = 0 } = {}) {
  const kind = FILTERS[filter];
  if (gap) {
    const factors = [(box[2] - box[0]) / width, (box[3] - box[1]) / height].map((scale) => Math.trunc(scale / gap) || 1);
    if (factors[0] > 1 || factors[1] > 1) {
      const safe = safeBox(image, width, height, kind.support - 0.5, box);
      const moved = box.map((value, place) => (value - safe[place % 2]) / factors[place % 2]);
      return resize(reduce(image, factors, safe), width, height, { filter, box: moved });
    }
  }
  const [left, top, right, bottom] = box;
  const vertical = height !== image.height || top !== 0 || bottom !== height;
  let [scaled, offset] = [image, 0];
  const rows = coefficients(image.height, top, bottom, height, kind);
  if (width !== image.width || left !== 0 || right !== width) {
    offset = vertical ? rows.starts[0] : 0;
    const last = vertical ? rows.starts[height - 1] + rows.lengths[height - 1] : image.height;
    scaled = scaleRows(image, width, offset, last, coefficients(image.width, left, right, width, kind));
  }
  return vertical ? scaleColumns(scaled, height, offset, rows) : scaled;
}

/** The whole pixels around `box` that the filter reads. */
function safeBox(image, width, height, support, [left, top, right, bottom]) {
  const x = (support * (right - left)) / width;
  const y = (support * (bottom - top)) / height;
  return [
    Math.max(0, Math.trunc(left - x)),
    Math.max(0, Math.trunc(top - y)),
    Math.min(image.width, Math.ceil(right + x)),
    Math.min(image.height, Math.ceil(bottom + y)),
  ];
}

/** The averages of blocks of `across` x `down` pixels in a box of whole pixels; blocks at the border may be smaller. */
export function reduce(image, [across, down], [left, top, right, bottom]) {
  const [width, height] = [Math.ceil((right - left) / across), Math.ceil((bottom - top) / down)];
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const first = top + y * down;
    const last = Math.min(bottom, first + down);
    for (let x = 0; x < width; x += 1) {
      const begin = left + x * across;
      const end = Math.min(right, begin + across);
      const count = (last - first) * (end - begin);
      const factor = Math.trunc(Math.fround(2 ** 24 / count));
      let red = count >> 1;
      let green = red;
      let blue = red;
      for (let v = first; v < last; v += 1) {
        for (let at = 3 * (v * image.width + begin); at < 3 * (v * image.width + end); at += 3) {
          red += image.data[at];
          green += image.data[at + 1];
          blue += image.data[at + 2];
        }
      }
      const to = 3 * (y * width + x);
      data[to] = (red * factor) / 2 ** 24;
      data[to + 1] = (green * factor) / 2 ** 24;
      data[to + 2] = (blue * factor) / 2 ** 24;
    }
  }
  return { width, height, data };
}
