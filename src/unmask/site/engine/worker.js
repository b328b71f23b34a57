/** A worker that judges pictures, so that the page never waits. Messages: `{id, task, ...}`; answers: `{id, result}` or `{id, error}`. */
import { Detector } from "./detector.js";

const detectors = new Map();

/** The detector for a model on an engine, loaded once; a pool asks for one only. */
function detectorFor({ model, faces, check, engine }) {
  if (!detectors.has(model.url)) {
    const loading = Detector.load(model, faces, check, engine);
    detectors.set(model.url, loading);
    loading.catch(() => detectors.delete(model.url));
  }
  return detectors.get(model.url);
}

const TASKS = {
  load: async (message) => (await detectorFor(message)).engine,
  detect: async (message) => (await detectorFor(message)).predict(new Uint8Array(message.bytes), message.name, message.options),
  explain: async (message) => (await detectorFor(message)).explain(new Uint8Array(message.bytes), message.name),
};

self.addEventListener("message", async ({ data: message }) => {
  try {
    self.postMessage({ id: message.id, result: await TASKS[message.task](message) });
  } catch (error) {
    self.postMessage({ id: message.id, error: { code: error.code ?? "error", message: error.message } });
  }
});
