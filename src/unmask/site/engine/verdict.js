/** Verdicts: labels of faces and pictures, in the wire form of `unmask detect --json`. */
import { round } from "./rounding.js";
import { measureStability } from "./stability.js";

/** A face with a lower detection score is doubtful. */
const DOUBTFUL_SCORE = 0.62;

function labelOf(probability, { real_below, fake_above }) {
  if (probability > fake_above) return "fake";
  return probability < real_below ? "real" : "unsure";
}

/** One judged face; `detection` is the score of the face detector, or null if the face was not searched for. */
export function judgeFace(box, [probability, ...others], thresholds, detection) {
  const own = labelOf(probability, thresholds);
  const stability = others.length ? measureStability(own, probability, others, thresholds) : null;
  const doubtful = detection !== null && detection < DOUBTFUL_SCORE;
  const label = doubtful || stability?.flips ? "unsure" : own;
  return {
    box: box.map(round),
    label,
    probability_fake: probability,
    stability,
    ...(detection === null ? {} : { detection_score: detection }),
    ...(doubtful ? { reason: "doubtful_face" } : {}),
  };
}

/** The label of a picture: `fake` if any face is, else `unsure` if any is, else `real`; `no_face` without faces. */
export const pictureLabel = (faces) => ["fake", "unsure", "real"].find((label) => faces.some((face) => face.label === label)) ?? "no_face";
