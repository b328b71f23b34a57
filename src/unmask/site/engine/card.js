/** The card of a model: preprocessing, calibration and thresholds, read from the metadata of its file. */
import { UnmaskError } from "./errors.js";
import { clamp, round } from "./rounding.js";

const KEY = "unmask.card";
const FILTERS = ["bilinear", "bicubic", "lanczos"];
/** Longest side of a patch as a multiple of the input size. */
const PATCH_FACTOR = 1.5;

export const sigmoid = (logit) => 1 / (1 + Math.exp(-clamp(logit, -30, 30)));

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

  /** The thresholds for each face in a picture with `count` faces (Šidák correction). */
  thresholds(count) {
    const { real_below, fake_above, false_positive_rate: rate = 0.01, tail = 1 } = this.fields.thresholds;
    if (count <= 1) return { real_below, fake_above };
    const each = 1 - (1 - rate) ** (1 / count);
    const stricter = Math.log(fake_above / (1 - fake_above)) + tail * Math.log(rate / each);
    return { real_below, fake_above: sigmoid(stricter) };
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
