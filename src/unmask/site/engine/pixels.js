/** RGB images in memory: `{width, height, data}`, where `data` holds three bytes for each pixel, row by row. */

/** An image of one gray value. */
export const grayImage = (width, height, value) => ({ width, height, data: new Uint8Array(3 * width * height).fill(value) });

/** The part `left, top, right, bottom` of an image; the corners are whole pixels inside the image. */
export function crop(image, [left, top, right, bottom]) {
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const start = 3 * ((top + y) * image.width + left);
    data.set(image.data.subarray(start, start + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

/** Copy `part` into `image` with its left upper corner at `x, y`; what lies outside is cut off. */
export function paste(image, part, x, y) {
  const [first, last] = [Math.max(0, -x), Math.min(part.width, image.width - x)];
  if (last <= first) return;
  for (let row = Math.max(0, -y); row < Math.min(part.height, image.height - y); row += 1) {
    const start = 3 * row * part.width;
    image.data.set(part.data.subarray(start + 3 * first, start + 3 * last), 3 * ((y + row) * image.width + x + first));
  }
}

/** The mirror image: left and right exchanged. */
export function mirror({ width, height, data }) {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = 3 * (y * width + x);
      const to = 3 * (y * width + width - 1 - x);
      for (let channel = 0; channel < 3; channel += 1) turned[to + channel] = data[from + channel];
    }
  }
  return { width, height, data: turned };
}

/** The upright image, from the stored pixels and the EXIF orientation 1 to 8. */
export function orient(image, orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const { width, height, data } = image;
  const swapped = orientation > 4;
  const [newWidth, newHeight] = swapped ? [height, width] : [width, height];
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const u = swapped ? y : x;
      const v = swapped ? x : y;
      const from = 3 * ((flipY ? height - 1 - v : v) * width + (flipX ? width - 1 - u : u));
      const to = 3 * (y * newWidth + x);
      for (let channel = 0; channel < 3; channel += 1) turned[to + channel] = data[from + channel];
    }
  }
  return { width: newWidth, height: newHeight, data: turned };
}
