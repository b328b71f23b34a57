/** Jobs of many pictures. They continue when the page is closed, and are found again after a reload of the tab. */
import { getJson } from "./api.js";
import { Job } from "./job.js";
import { server } from "./server.js";

const STORAGE_KEY = "unmask-jobs";
/** Size limits of one job. Small jobs let the server start while the rest is uploaded. */
const [MAX_PICTURES, MAX_BYTES] = [100, 256 * 1048576];

/** Divide pictures into chunks that fit into a job. */
function chunks(items) {
  const found = [[]];
  let bytes = 0;
  for (const item of items) {
    const full = found.at(-1).length >= Math.min(MAX_PICTURES, server.max_job_files) || bytes + item.file.size > Math.min(MAX_BYTES, 0.9 * server.max_job_bytes);
    if (full && found.at(-1).length) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1).push(item);
    bytes += item.file.size;
  }
  return found;
}

export class Jobs {
  constructor() {
    this.all = [];
    this.queue = Promise.resolve();
  }

  begin(items) {
    for (const chunk of chunks(items)) {
      const job = this.keep(new Job(chunk));
      this.queue = this.queue.then(async () => {
        await job.send();
        job.follow();
      });
    }
  }

  /** Restore the jobs that the tab stored and the server still has; `enter` creates items from names. */
  async restore(enter) {
    for (const { id, names } of JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]")) {
      const known = await getJson(`v1/jobs/${id}?limit=0`).catch(() => null);
      if (!known) continue;
      const items = enter(names.filter((name) => name !== null));
      const job = this.keep(new Job(names.map((name) => (name === null ? null : items.shift())), id));
      job.follow();
    }
    this.scheduleStore();
  }

  keep(job) {
    this.all.push(job);
    job.addEventListener("change", () => this.scheduleStore());
    return job;
  }

  /** Schedule one `store` for all changes of this tick. */
  scheduleStore() {
    this.scheduled ??= Promise.resolve().then(() => {
      this.scheduled = null;
      this.store();
    });
  }

  store() {
    this.all = this.all.filter(({ items }) => items.some(Boolean));
    const kept = this.all.filter(({ id }) => id).map(({ id, names }) => ({ id, names }));
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  }

  cancel() {
    for (const job of this.all) job.cancel();
  }
}
