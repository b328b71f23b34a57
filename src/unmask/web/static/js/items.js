/** The uploaded pictures: a few are sent one by one, many as jobs; with progress, cancellation and retries. */
import { Cancelled, MAX_PARALLEL_UPLOADS, failedResult, sendPicture } from "./api.js";
import { isClip, sendClip } from "./clip_upload.js";
import { Jobs } from "./jobs.js";
import { retryWhileBusy } from "./retry.js";
import { server } from "./server.js";

/** Bytes from which a video is sent as a job, which continues when the page is closed. */
const LONG_CLIP = 48 * 1048576;
export const OPEN = ["waiting", "sending", "queued", "judging", "busy"];

/**
 * One picture. `state` is one of OPEN, "done" or "cancelled"; `result` is a verdict or a problem.
 * `file` is null after a reload of the page; `truth` is the true label of an example; `job` is its job, or null;
 * `clip` is true for a video; `address` is where a picture from the web came from; `model` is the model asked for.
 */
export class Item extends EventTarget {
  constructor(number, { file, name, truth = null, address = null }) {
    super();
    const clip = Boolean(file) && isClip(file, name);
    Object.assign(this, { number, file, name, truth, address, clip, job: null, selected: false, objectUrl: null });
    this.reset({});
  }

  /** The URL of the file for the page, created when it is first shown; null without a file. */
  get url() {
    if (this.file) this.objectUrl ??= URL.createObjectURL(this.file);
    return this.objectUrl;
  }

  reset({ wholePicture = false, model = null }) {
    const start = { state: "waiting", progress: 0, wait: 0, result: null, seen: false };
    Object.assign(this, start, { wholePicture, model, control: new AbortController() });
  }

  get open() {
    return OPEN.includes(this.state);
  }

  change(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }

  cancel() {
    if (!this.open) return;
    this.control.abort();
    this.change({ state: "cancelled" });
  }
}

/** All pictures. Events: "add" (detail: items), "change" (detail: item), "remove". */
export class Items extends EventTarget {
  constructor() {
    super();
    this.all = [];
    this.count = 0;
    this.active = 0;
    this.jobs = new Jobs();
  }

  add(files) {
    const items = this.enter(files);
    const background = items.length > server.max_files ? items : items.filter(({ clip, file }) => clip && file.size > LONG_CLIP);
    if (background.length) this.jobs.begin(background);
    this.pump();
  }

  /** Restore the jobs that this tab had begun before a reload. */
  restore() {
    return this.jobs.restore((names) => this.enter(names.map((name) => ({ file: null, name }))));
  }

  enter(files) {
    const items = files.map((given) => new Item(this.count++, given));
    for (const item of items) item.addEventListener("change", () => this.dispatchEvent(new CustomEvent("change", { detail: item })));
    this.all.push(...items);
    this.dispatchEvent(new CustomEvent("add", { detail: items }));
    return items;
  }

  remove(items) {
    const gone = new Set(items);
    for (const item of gone) {
      item.cancel();
      item.job?.drop(item);
      if (item.objectUrl) URL.revokeObjectURL(item.objectUrl);
    }
    this.all = this.all.filter((item) => !gone.has(item));
    this.dispatchEvent(new CustomEvent("remove", { detail: items }));
  }

  cancelAll() {
    this.jobs.cancel();
    for (const item of this.all) item.cancel();
  }

  /** Judge a picture again; options as for `Item.reset`. */
  again(item, options = {}) {
    item.job?.drop(item);
    item.job = null;
    item.judgedAgain = true;
    item.reset(options);
    item.change({});
    this.pump();
  }

  pump() {
    while (this.active < MAX_PARALLEL_UPLOADS) {
      const item = this.all.find(({ state, job }) => state === "waiting" && !job);
      if (!item) return;
      this.active += 1;
      item.change({ state: "sending" });
      judge(item).finally(() => {
        this.active -= 1;
        this.pump();
      });
    }
  }
}

async function judge(item) {
  const { signal } = item.control;
  try {
    const result = await retryWhileBusy(() => send(item, signal), signal, (wait) => item.change({ state: "busy", wait }));
    if (!signal.aborted) item.change({ state: "done", result });
  } catch (error) {
    if (!(error instanceof Cancelled || signal.aborted)) item.change({ state: "done", result: failedResult(item.name, error) });
  }
}

function send(item, signal) {
  const onProgress = (share) => {
    if (!signal.aborted) item.change({ progress: share, state: share < 1 ? "sending" : "judging" });
  };
  if (item.clip) return sendClip(item, { onProgress: (state, progress) => !signal.aborted && item.change({ state, progress }), signal });
  const model = item.model ? `&model=${encodeURIComponent(item.model)}` : "";
  const path = `v1/detect?whole_picture=${item.wholePicture}${model}`;
  return sendPicture(path, item.file, item.name, { onProgress, signal });
}
