/** The pictures given so far, and the queue that sends them: a few at a time, with progress, cancel and patience. */
import { Cancelled, MOST_FILES_AT_ONCE, Refused, sendPicture } from "./api.js";

const MOST_TRIES = 30;
export const OPEN = ["waiting", "sending", "judging", "busy"];

/** One picture on its way. `state` is one of OPEN, "done" or "cancelled"; `result` is the server's, or a problem's. */
export class Item extends EventTarget {
  constructor(number, file, name) {
    super();
    Object.assign(this, { number, file, name, url: URL.createObjectURL(file) });
    this.reset(false);
  }

  reset(wholePicture) {
    Object.assign(this, { state: "waiting", progress: 0, wait: 0, result: null, wholePicture, control: new AbortController() });
  }

  change(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }

  cancel() {
    if (!OPEN.includes(this.state)) return;
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
  }

  add(files) {
    const items = files.map(({ file, name }) => new Item(this.count++, file, name));
    for (const item of items) item.addEventListener("change", () => this.dispatchEvent(new CustomEvent("change", { detail: item })));
    this.all.push(...items);
    this.dispatchEvent(new CustomEvent("add", { detail: items }));
    this.pump();
    return items;
  }

  remove(items) {
    const gone = new Set(items);
    for (const item of gone) {
      item.cancel();
      URL.revokeObjectURL(item.url);
    }
    this.all = this.all.filter((item) => !gone.has(item));
    this.dispatchEvent(new CustomEvent("remove", { detail: items }));
  }

  again(item, wholePicture = false) {
    item.reset(wholePicture);
    item.change({});
    this.pump();
  }

  pump() {
    while (this.active < MOST_FILES_AT_ONCE) {
      const item = this.all.find(({ state }) => state === "waiting");
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
  const control = item.control;
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await send(item, control.signal);
      if (!control.signal.aborted) item.change({ state: "done", result });
      return;
    } catch (error) {
      if (error instanceof Cancelled || control.signal.aborted) return;
      if (!(error instanceof Refused && error.retryAfter && tries < MOST_TRIES)) {
        item.change({ state: "done", result: problemOf(item, error) });
        return;
      }
      await patience(item, error.retryAfter, control.signal);
    }
  }
}

function send(item, signal) {
  const onProgress = (share) => {
    if (!signal.aborted) item.change({ progress: share, state: share < 1 ? "sending" : "judging" });
  };
  const path = `v1/detect?whole_picture=${item.wholePicture}`;
  return sendPicture(path, item.file, item.name, { onProgress, signal });
}

async function patience(item, seconds, signal) {
  for (let left = seconds; left > 0 && !signal.aborted; left -= 1) {
    item.change({ state: "busy", wait: left });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function problemOf(item, error) {
  const own = error.problem?.results?.[0]?.problem;
  return { path: item.name, problem: own ?? { code: error.problem?.code ?? "unreachable", message: error.message } };
}
