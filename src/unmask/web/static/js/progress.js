/** Progress of slow requests: a description, a progress bar, and a stop button. */
import { Cancelled } from "./api.js";
import { announce, h, toast } from "./dom.js";
import { inLanguage } from "./server_text.js";
import { t } from "./strings.js";

/** Inferences of each step; a class activation map needs none beyond the score. */
const INFERENCES = { cam: 0, occlusion: 256, lime: 1000, test: 254 };

/** The steps of the server: for each face the map by `method`, and its test if `tested`. */
export function stepsOf(result, method, tested) {
  const each = tested ? [method, "test"] : [method];
  return Array(Math.max(1, result.faces.length)).fill(each).flat();
}

/** The finished fraction of all steps. */
function fraction(steps, { step, done, total }) {
  const cost = (some) => some.reduce((sum, name) => sum + INFERENCES[name], 0);
  const here = (INFERENCES[steps[step - 1]] * done) / total;
  return (cost(steps.slice(0, step - 1)) + here) / Math.max(1, cost(steps));
}

function progressText(steps, { step, done, total }) {
  const long = (some) => some.filter((name) => INFERENCES[name] > 0).length;
  const counted = { done, total, step: long(steps.slice(0, step)), steps: long(steps) };
  return t(counted.steps > 1 ? "wait.steps" : "wait.step", { what: t(`step.${steps[step - 1]}`), ...counted });
}

/**
 * Show the progress of `work({onProgress, signal})` in `place`. Returns its result, or null after a stop or an error,
 * which is announced.
 */
export async function withProgress(place, steps, work) {
  const control = new AbortController();
  const bar = h("progress", { max: 1, "aria-label": t("wait.bar") });
  const text = h("span", { class: "fine" }, t("wait.begin"));
  const stop = h("button", { type: "button", class: "small", onclick: () => control.abort() }, t("wait.stop"));
  place.replaceChildren(h("div", { class: "wait" }, bar, text, stop));
  const onProgress = (progress) => {
    if (!INFERENCES[steps[progress.step - 1]]) return;
    bar.value = fraction(steps, progress);
    text.textContent = progressText(steps, progress);
  };
  announce(t("wait.begin"));
  try {
    const result = await work({ onProgress, signal: control.signal });
    announce(t("wait.done"));
    return result;
  } catch (error) {
    if (error instanceof Cancelled) announce(t("wait.stopped"));
    else toast(t("error.title", { detail: inLanguage(error.message) }));
    return null;
  } finally {
    place.replaceChildren();
  }
}
