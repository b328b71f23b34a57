/** Box geometry on corners `[left, top, right, bottom]`. */

export const area = ([left, top, right, bottom]) => Math.max(0, right - left) * Math.max(0, bottom - top);

function intersection(first, second) {
  const width = Math.min(first[2], second[2]) - Math.max(first[0], second[0]);
  const height = Math.min(first[3], second[3]) - Math.max(first[1], second[1]);
  return Math.max(0, width) * Math.max(0, height);
}

/** Intersection over union of two boxes. */
export function iou(first, second) {
  const inner = intersection(first, second);
  return inner / Math.max(area(first) + area(second) - inner, 1e-9);
}

/** The candidates to keep, highest score first: no two of them show the same face. */
export function nonMaxSuppression(candidates, maxIou, maxCovered) {
  const kept = [];
  for (const each of [...candidates].sort((a, b) => b.score - a.score)) {
    const repeats = (other) =>
      iou(each.corners, other.corners) > maxIou ||
      intersection(each.corners, other.corners) > maxCovered * Math.min(area(each.corners), area(other.corners));
    if (!kept.some(repeats)) kept.push(each);
  }
  return kept;
}
