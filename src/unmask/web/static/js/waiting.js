/** Work of the server that takes long: what it does in words, how far it is by its own count, and a way to stop it. */
import { Cancelled } from "./api.js";
import { h, say, toast } from "./dom.js";
import { t } from "./strings.js";

/** Inferences of each step; the class activation map comes with the score. */
const COSTS = { cam: 0, occlusion: 256, lime: 1000, test: 254 };

/** What the server does for each face: the map by `method`, and its test. */
export function stepsOf(result, method, tested) {
  const each = tested ? [method, "test"] : [method];
  return Array(Math.max(1, result.faces.length)).fill(each).flat();
}

/** How far all steps are together, from 0 to 1. */
function share(steps, { step, done, total }) {
  const cost = (some) => some.reduce((sum, name) => sum + COSTS[name], 0);
  const here = (COSTS[steps[step - 1]] * done) / total;
  return (cost(steps.slice(0, step - 1)) + here) / Math.max(1, cost(steps));
}

function words(steps, { step, done, total }) {
  const long = (some) => some.filter((name) => COSTS[name] > 0).length;
  const counted = { done, total, step: long(steps.slice(0, step)), steps: long(steps) };
  return t(counted.steps > 1 ? "wait.steps" : "wait.step", { what: t(`step.${steps[step - 1]}`), ...counted });
}

/**
 * Show in `place` how `work({onProgress, signal})` goes on, and give its result; null where it was stopped or failed,
 * which is then said.
 */
export async function waited(place, steps, work) {
  const control = new AbortController();
  const bar = h("progress", { max: 1, "aria-label": t("wait.bar") });
  const told = h("span", { class: "fine" }, t("wait.begin"));
  const stop = h("button", { type: "button", class: "small", onclick: () => control.abort() }, t("wait.stop"));
  place.replaceChildren(h("div", { class: "wait" }, bar, told, stop));
  const onProgress = (progress) => {
    if (!COSTS[steps[progress.step - 1]]) return;
    bar.value = share(steps, progress);
    told.textContent = words(steps, progress);
  };
  say(t("wait.begin"));
  try {
    const result = await work({ onProgress, signal: control.signal });
    say(t("wait.done"));
    return result;
  } catch (error) {
    if (error instanceof Cancelled) say(t("wait.stopped"));
    else toast(t("error.title", { detail: error.message }));
    return null;
  } finally {
    place.replaceChildren();
  }
}
