/** Where scores lie on the scale: one zone of equal width for each label that the thresholds allow. */
const [LEAST, MOST] = [0.001, 0.999];

/** Whether the label real is possible; it is not if the threshold is 0. */
export const allowsReal = ({ real_below: low }) => low > 1e-9;
/** Whether the label fake is possible; it is not if the threshold is 1. */
export const allowsFake = ({ fake_above: high }) => high < 1 - 1e-9;

/** The ending of a string's key, by the labels that the model gives: "" for both. */
export function labelsGiven(thresholds) {
  if (allowsReal(thresholds)) return allowsFake(thresholds) ? "" : "NeverFake";
  return allowsFake(thresholds) ? "NeverReal" : "NeverSure";
}

const shown = (value) => Math.min(MOST, Math.max(LEAST, value));
const logit = (value) => Math.log(value / (1 - value));

/** The zones from left to right: `{label, start, end, low, high}`; `start` and `end` are shares of the width. */
export function zonesOf(thresholds) {
  const low = allowsReal(thresholds) ? shown(thresholds.real_below) : LEAST;
  const high = allowsFake(thresholds) ? shown(thresholds.fake_above) : MOST;
  const all = [["real", LEAST, low, allowsReal(thresholds)], ["unsure", low, high, true], ["fake", high, MOST, allowsFake(thresholds)]];
  const given = all.filter(([, , , allowed]) => allowed);
  return given.map(([label, from, to], place) => ({ label, start: place / given.length, end: (place + 1) / given.length, low: from, high: to }));
}

/** The place of a probability of fake as a share of the width; inside a zone it is linear in the log-odds. */
export function positionOf(probability, zones) {
  const value = shown(probability);
  const zone = zones.find(({ high }) => value <= high) ?? zones.at(-1);
  const [low, high] = [logit(zone.low), logit(zone.high)];
  const share = high > low ? (logit(value) - low) / (high - low) : 0.5;
  return zone.start + (zone.end - zone.start) * Math.min(1, Math.max(0, share));
}
