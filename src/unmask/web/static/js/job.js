/** One job: many pictures sent together, judged by the server by and by, and followed until the last. */
import { Cancelled, follow, getJson, problemOf, Refused, remove, sendPictures } from "./api.js";
import { patiently } from "./patience.js";

const PAUSE = 2000;
const PAGE = 100;

/** How much of each file is sent, from the share of all bytes that are. */
function shares(items, share) {
  let before = 0;
  const sent = share * items.reduce((sum, { file }) => sum + file.size, 0);
  return items.map(({ file }) => {
    const own = Math.min(1, Math.max(0, (sent - before) / Math.max(1, file.size)));
    before += file.size;
    return own;
  });
}

/** Event: "change" when what a reloaded page needs to know of it did. */
export class Job extends EventTarget {
  constructor(items, id = null) {
    super();
    Object.assign(this, { items, id, next: 0, control: new AbortController() });
    for (const item of items) if (item) item.job = this;
    if (id) this.each((item) => item.change({ state: "queued" }));
  }

  /** Names by position, null where a picture was dropped. */
  get names() {
    return this.items.map((item) => item && item.name);
  }

  each(act) {
    this.items.filter((item) => item?.open).forEach(act);
  }

  /** Send the pictures; what went wrong is every picture's problem. */
  async send() {
    const { signal } = this.control;
    const sent = this.items.filter(Boolean);
    const onProgress = (share) => this.progress(sent, share);
    try {
      if (signal.aborted || !sent.some(({ open }) => open)) return;
      const wait = (seconds) => this.each((item) => item.change({ state: "busy", wait: seconds }));
      const accepted = await patiently(() => sendPictures("v1/jobs", sent, { onProgress, signal }), signal, wait);
      Object.assign(this, { id: accepted.id, items: sent.map((item) => (this.items.includes(item) ? item : null)) });
      if (signal.aborted) this.cancel();
      this.each((item) => item.change({ state: "queued" }));
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (!(error instanceof Cancelled)) this.each((item) => item.change({ state: "done", result: problemOf(item.name, error) }));
    }
  }

  progress(sent, share) {
    shares(sent, share).forEach((progress, place) => {
      const item = sent[place];
      const state = progress < 1 ? "sending" : "queued";
      if (item.open && (item.progress !== progress || item.state !== state)) item.change({ progress, state });
    });
  }

  /** Wait for the findings, also through a server that starts again. */
  async follow() {
    const { signal } = this.control;
    while (this.id && this.items.some((item) => item?.open)) {
      try {
        await follow(`v1/jobs/${this.id}/events`, { signal }, (_, numbers) => this.collect(numbers));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refused && error.status < 500) this.each((item) => item.change({ state: "done", result: problemOf(item.name, error) }));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Take over what is found since the last time; findings can come out of order. */
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

  /** Leave out one picture; a job without pictures is cancelled. */
  drop(item) {
    this.items = this.items.map((each) => (each === item ? null : each));
    if (!this.items.some(Boolean)) this.cancel();
    this.dispatchEvent(new Event("change"));
  }

  /** Stop sending, or let the server drop what it has not begun. */
  async cancel() {
    const wasOpen = this.items.some((item) => item?.open) || !this.items.some(Boolean);
    this.each((item) => item.cancel());
    this.control.abort();
    if (this.id && wasOpen) await remove(`v1/jobs/${this.id}`);
  }
}
