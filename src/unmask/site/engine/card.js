/** The card of a model: preprocessing, calibration and thresholds, read from the metadata of its file. */
import { UnmaskError } from "./errors.js";
import { clamp, round } from "./rounding.js";

const KEY = "unmask.card";
const FILTERS = ["bilinear", "bicubic", "lanczos"];
/** Longest side of a patch as a multiple of the input size. */
const PATCH_FACTOR = 1.5;

/** The prior probability of fake, and the threshold up to which a model labels nothing as real. */
export const [PRIOR, NEVER_REAL] = [0.5, 1e-9];

const logOdds = (probability) => Math.log(probability / (1 - probability));
const sigmoid = (logit) => 1 / (1 + Math.exp(-clamp(logit, -30, 30)));

class Card {
  constructor(fields) {
    this.fields = fields;
    this.name = fields.name;
    this.version = fields.version;
    this.preprocessing = { ...fields.preparation, patchSize: round(PATCH_FACTOR * fields.preparation.size) };
  }

  /** The calibrated logit for a logit of the network. */
  logit(raw) {
    const { slope = 1, intercept = 0 } = this.fields.calibration;
    return slope * raw + intercept;
  }

  /** The calibrated probability of fake for a logit of the network. */
  probability(raw) {
    return Math.max(this.fields.calibration.floor ?? 0, sigmoid(this.logit(raw)));
  }

  /** The thresholds of the labels. */
  get thresholds() {
    const { real_below, fake_above } = this.fields.thresholds;
    return { real_below, fake_above };
  }

  /** The probability of one face of `count` in a picture, corrected so that the thresholds hold for every count. */
  correct(probability, count) {
    if (count <= 1) return probability;
    const { real_below, fake_above, false_positive_rate: rate = 0.01, tail = 1 } = this.fields.thresholds;
    const shift = tail * Math.log(rate / (1 - (1 - rate) ** (1 / count)));
    const low = logOdds(real_below > NEVER_REAL ? real_below : PRIOR);
    const high = logOdds(fake_above) + shift;
    const score = logOdds(probability);
    const share = score >= high ? 1 : Math.max(0, (score - low) / (high - low));
    return share ? sigmoid(score - share * shift) : probability;
  }
}

/** The card in the metadata of a model file. Throws `UnmaskError` if it is missing or this engine cannot follow it. */
export function readCard(metadata) {
  if (!(KEY in metadata)) throw new UnmaskError("bad_model_file", `not an unmask model: it has no card (metadata key ${KEY})`);
  const fields = JSON.parse(metadata[KEY]);
  const { resample } = fields.preparation;
  if (!FILTERS.includes(resample)) throw new UnmaskError("bad_model_file", `the card names the unknown filter ${resample}`);
  return new Card(fields);
}
