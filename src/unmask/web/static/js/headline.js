/** The headline of a verdict: the server's words, or a translation of them by their code and values. */
import { percent, rate } from "./labels.js";
import { server } from "./server.js";
import { language, strings, t } from "./strings.js";
import { allowsFake, allowsReal } from "./zones.js";

const NOT_CLEARED = ["real", "no_trace", "leans_real"];
const NO_CONCLUSION = ["leans_fake", "unstable", "doubtful_face"];

/** The face that decides the label: the highest score among those with the label, one that is not doubtful first. */
export function decidingFace({ faces, label }) {
  const certain = (face) => face.reason !== "doubtful_face";
  const order = (a, b) => certain(b) - certain(a) || b.probability_fake - a.probability_fake;
  return faces.filter((face) => face.label === label).sort(order)[0] ?? null;
}

/** The code of the headline, for a verdict that was made in the browser. */
function codeOf(face, thresholds) {
  if (!face) return "no_face";
  if (face.label !== "unsure") return face.label;
  if (face.reason === "doubtful_face") return "doubtful_face";
  if (face.stability?.flips) return "unstable";
  if (face.probability_fake > 0.5) return "leans_fake";
  return allowsFake(thresholds) && !allowsReal(thresholds) ? "no_trace" : "leans_real";
}

function detailOf(code, face, thresholds) {
  if (!face) return t("headline.no_face");
  const fake = percent(face.probability_fake);
  if (code === "unstable") return t("headline.unstable", { min: percent(face.stability.min), max: percent(face.stability.max) });
  if (code === "leans_fake" && !allowsFake(thresholds)) return t("headline.leans_fakeNever", { fake });
  if (code === "leans_real" && !allowsReal(thresholds)) return t("headline.leans_realNever", { fake });
  const limit = percent(code === "leans_fake" ? thresholds.fake_above : thresholds.real_below);
  return t(`headline.${code}`, { fake, limit });
}

const kindName = (kind) => strings[`kind.${kind}`] ?? kind;

/** How often fakes of unknown kinds score as low as real faces. */
function unseen(missed) {
  const entries = Object.entries(missed).sort((a, b) => a[1] - b[1]);
  if (!entries.length) return "";
  const [[low, least], [high, most]] = [entries[0], entries.at(-1)];
  const values = { low: kindName(low), least: rate(least, 0), high: kindName(high), most: rate(most, 0) };
  return ` ${t(entries.length === 1 ? "caution.unseenOne" : "caution.unseenMany", values)}`;
}

function cautionOf(code, missed) {
  if (code === "fake") return t("caution.fake", { rate: rate(server.falseAlarms, 1) });
  if (NO_CONCLUSION.includes(code)) return t("caution.none");
  return NOT_CLEARED.includes(code) ? t("caution.notSearched") + unseen(missed) : t("caution.no_face");
}

/** `{code, title, detail, caution}` of a verdict. */
export function headlineOf(result) {
  const { headline: given } = result;
  const face = decidingFace(result);
  const code = given?.code ?? codeOf(face, result.thresholds);
  const title = t(`label.${result.label}`);
  if (given && language === "en") return { code, title, detail: given.detail, caution: given.caution };
  return { code, title, detail: detailOf(code, face, result.thresholds), caution: cautionOf(code, given?.unseen_miss_rate ?? {}) };
}
