/** The face check: separates photographed faces from drawings and other objects, and drops boxes that show no face. */
import { clamp } from "../rounding.js";
import { squareAround } from "./crops.js";

const [FACE, OBJECT] = [0, 2];
const [SIDE, FACTOR] = [48, 1.9];
/** The score of the search counts with this weight, relative to this value, beside the log-odds of the check. */
const [DETECTION_WEIGHT, DETECTION_MIDDLE] = [8, 0.6];
/** A box with higher log-odds of being another object is no face; the offset makes scores comparable with a fixed limit. */
const [REJECT, OFFSET] = [-1, -0.7];

/** A lower score of the search limits the score of the face. */
const LEAST_CERTAIN = 0.61;

const logit = (value) => Math.log(clamp(value, 1e-4, 1) / clamp(1 - value, 1e-4, 1));

export class FaceCheck {
  /** `session` is the loaded network. */
  constructor(session) {
    this.session = session;
  }

  /** The faces `{score, corners}` that are not rejected, each with a score of how likely it is a photographed face. */
  async apply(image, faces) {
    const kept = [];
    for (const { score, corners } of faces) {
      const { data } = squareAround(image, corners, FACTOR, SIDE);
      const { probabilities } = await this.session.run(data, [1, SIDE, SIDE, 3]);
      const certainty = DETECTION_WEIGHT * (score - DETECTION_MIDDLE);
      if (logit(probabilities[OBJECT]) - certainty >= REJECT) continue;
      const likely = 1 / (1 + Math.exp(-(logit(probabilities[FACE]) + certainty + OFFSET)));
      kept.push({ corners, score: score < LEAST_CERTAIN ? Math.min(likely, score) : likely });
    }
    return kept;
  }
}
