/** One job: uploads many pictures together, and follows the server until all have results. */
import { Cancelled, follow, getJson, failedResult, HttpError, remove, sendPictures } from "./api.js";
import { retryWhileBusy } from "./retry.js";

const PAUSE = 2000;
const PAGE = 100;

/** The uploaded fraction of each file, from the uploaded fraction of all bytes. */
function fractions(items, share) {
  let before = 0;
  const sent = share * items.reduce((sum, { file }) => sum + file.size, 0);
  return items.map(({ file }) => {
    const own = Math.min(1, Math.max(0, (sent - before) / Math.max(1, file.size)));
    before += file.size;
    return own;
  });
}

/** Event: "change" when the id or the names of the pictures change. */
export class Job extends EventTarget {
  constructor(items, id = null) {
    super();
    Object.assign(this, { items, id, next: 0, control: new AbortController() });
    for (const item of items) if (item) item.job = this;
    if (id) this.each((item) => item.change({ state: "queued" }));
  }

  /** Names by position; null for dropped pictures. */
  get names() {
    return this.items.map((item) => item && item.name);
  }

  each(act) {
    this.items.filter((item) => item?.open).forEach(act);
  }

  /** Upload the pictures. An error becomes the result of every picture. */
  async send() {
    const { signal } = this.control;
    const sent = this.items.filter(Boolean);
    const onProgress = (share) => this.progress(sent, share);
    try {
      if (signal.aborted || !sent.some(({ open }) => open)) return;
      const wait = (seconds) => this.each((item) => item.change({ state: "busy", wait: seconds }));
      const accepted = await retryWhileBusy(() => sendPictures("v1/jobs", sent, { onProgress, signal }), signal, wait);
      Object.assign(this, { id: accepted.id, items: sent.map((item) => (this.items.includes(item) ? item : null)) });
      if (signal.aborted) this.cancel();
      this.each((item) => item.change({ state: "queued" }));
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (!(error instanceof Cancelled)) this.each((item) => item.change({ state: "done", result: failedResult(item.name, error) }));
    }
  }

  progress(sent, share) {
    fractions(sent, share).forEach((progress, place) => {
      const item = sent[place];
      const state = progress < 1 ? "sending" : "queued";
      if (item.open && (item.progress !== progress || item.state !== state)) item.change({ progress, state });
    });
  }

  /** Wait for the findings, also across a restart of the server. */
  async follow() {
    const { signal } = this.control;
    while (this.id && this.items.some((item) => item?.open)) {
      try {
        await follow(`v1/jobs/${this.id}/events`, { signal }, (_, numbers) => this.collect(numbers));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof HttpError && error.status < 500) this.each((item) => item.change({ state: "done", result: failedResult(item.name, error) }));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Fetch new findings, which can arrive out of order. */
  async collect({ state }) {
    let after = this.next;
    while (after !== null) {
      const page = await getJson(`v1/jobs/${this.id}?after=${after}&limit=${PAGE}`);
      for (const { position, ...result } of page.results) {
        const item = this.items[position];
        if (item?.open) item.change({ state: "done", result });
      }
      after = page.next;
    }
    while (this.next < this.items.length && !this.items[this.next]?.open) this.next += 1;
    if (state === "cancelled") this.each((item) => item.cancel());
  }

  /** Drop one picture. A job without pictures is cancelled. */
  drop(item) {
    this.items = this.items.map((each) => (each === item ? null : each));
    if (!this.items.some(Boolean)) this.cancel();
    this.dispatchEvent(new Event("change"));
  }

  /** Stop the upload, or cancel the unfinished pictures on the server. */
  async cancel() {
    const wasOpen = this.items.some((item) => item?.open) || !this.items.some(Boolean);
    this.each((item) => item.cancel());
    this.control.abort();
    if (this.id && wasOpen) await remove(`v1/jobs/${this.id}`);
  }
}
