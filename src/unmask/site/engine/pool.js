/** A pool of workers that judge pictures; used by the page and by the browser extension. */
import { UnmaskError } from "./errors.js";

/** Workers at a time. With threads or a graphics card one is enough; each needs some 100 MB. */
const size = (engine) => (engine === "webgpu" || globalThis.crossOriginIsolated || (navigator.hardwareConcurrency || 1) < 4 ? 1 : 2);

class Engine {
  constructor() {
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.open = new Map();
    this.count = 0;
    this.failed = false;
    this.worker.addEventListener("message", ({ data }) => this.settle(data));
    this.worker.addEventListener("error", (event) => this.fail(event.message || "the worker cannot be started"));
  }

  ask(message, transfer) {
    const id = this.count++;
    const answer = new Promise((resolve, reject) => this.open.set(id, { resolve, reject }));
    this.worker.postMessage({ ...message, id }, transfer);
    return answer;
  }

  settle({ id, result, error }) {
    const { resolve, reject } = this.open.get(id);
    this.open.delete(id);
    if (error) reject(new UnmaskError(error.code, error.message));
    else resolve(result);
  }

  /** A worker that failed answers nothing more: all open tasks fail, and the pool replaces it. */
  fail(message) {
    this.failed = true;
    this.worker.terminate();
    for (const { reject } of this.open.values()) reject(new UnmaskError("engine", message));
    this.open.clear();
  }
}

/** Runs tasks on the least busy worker. `models` are the `model`, `faces`, `check` and `engine` of the worker's messages. */
export class Pool {
  constructor(models) {
    this.models = models;
    this.engines = [];
  }

  get size() {
    return size(this.models.engine);
  }

  engine() {
    this.engines = this.engines.filter(({ failed }) => !failed);
    const idle = this.engines.find(({ open }) => open.size === 0);
    if (idle) return idle;
    if (this.engines.length < this.size) {
      this.engines.push(new Engine());
      return this.engines.at(-1);
    }
    return this.engines.reduce((best, each) => (each.open.size < best.open.size ? each : best));
  }

  /** The engine that runs the model, after it is loaded: its name, and the comparison with the processor. */
  load() {
    return this.engine().ask({ task: "load", ...this.models });
  }

  /** The verdict on the bytes of a picture (an ArrayBuffer, which is moved to the worker). */
  detect(bytes, name, options) {
    return this.engine().ask({ task: "detect", ...this.models, bytes, name, options }, [bytes]);
  }

  /** The class activation maps of a picture. */
  explain(bytes, name) {
    return this.engine().ask({ task: "explain", ...this.models, bytes, name }, [bytes]);
  }
}
