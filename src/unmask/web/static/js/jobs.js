/** Many pictures at once go as jobs: they end even if this page is closed, and a reload of the tab finds them again. */
import { getJson } from "./api.js";
import { Job } from "./job.js";
import { server } from "./server.js";

const KEPT = "unmask-jobs";
/** Jobs are kept small, so that judging begins while the rest is still being sent. */
const [MOST_PICTURES, MOST_BYTES] = [100, 256 * 1048576];

/** Pictures in portions that fit into a job. */
function portions(items) {
  const found = [[]];
  let bytes = 0;
  for (const item of items) {
    const full = found.at(-1).length >= Math.min(MOST_PICTURES, server.max_job_files) || bytes + item.file.size > Math.min(MOST_BYTES, 0.9 * server.max_job_bytes);
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
    this.line = Promise.resolve();
  }

  begin(items) {
    for (const portion of portions(items)) {
      const job = this.keep(new Job(portion));
      this.line = this.line.then(async () => {
        await job.send();
        job.follow();
      });
    }
  }

  /** Take up again what the tab remembers and the server still has; `enter` makes items from names. */
  async restore(enter) {
    for (const { id, names } of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) {
      const known = await getJson(`v1/jobs/${id}?limit=0`).catch(() => null);
      if (!known) continue;
      const items = enter(names.filter((name) => name !== null));
      const job = this.keep(new Job(names.map((name) => (name === null ? null : items.shift())), id));
      job.follow();
    }
    this.remember();
  }

  keep(job) {
    this.all.push(job);
    job.addEventListener("change", () => this.remember());
    return job;
  }

  /** Note what the tab needs after a reload; once for all that changes together. */
  remember() {
    this.soon ??= Promise.resolve().then(() => {
      this.soon = null;
      this.note();
    });
  }

  note() {
    this.all = this.all.filter(({ items }) => items.some(Boolean));
    const kept = this.all.filter(({ id }) => id).map(({ id, names }) => ({ id, names }));
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }

  cancel() {
    for (const job of this.all) job.cancel();
  }
}
