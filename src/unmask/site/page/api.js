/** The answers that the server's page gets from the server, given by the model in this browser. Same functions as there. */
import { UnmaskError } from "../../engine/errors.js";
import { activeModel, examplePicture, poolOf, siteConfig } from "./site.js";
import { t } from "./strings.js";

const MAX_BYTES = 256 * 1048576;
export const MAX_PARALLEL_UPLOADS = 2;
/** The page about verdicts stands in for the description of the REST API. */
export const urlOf = () => "#/help";

/** A feature of the server that the site lacks. */
export class HttpError extends Error {
  constructor(message) {
    super(message);
    this.problem = { code: "server_only", message };
    this.retryAfter = null;
  }
}

export class Cancelled extends Error {}

/** The result of one picture for an error. */
export function failedResult(name, error) {
  return { path: name, problem: { code: error.code ?? error.problem?.code ?? "error", message: error.message } };
}

async function serverInfo() {
  const [{ version }, { name, version: modelVersion }] = [await siteConfig(), await activeModel()];
  const limits = { max_files: Infinity, max_file_bytes: MAX_BYTES };
  return { ...limits, version, model: { name, version: modelVersion }, explanations: ["cam"], reports: [], choose_model: true, rest_api: false };
}

async function modelList() {
  const active = await activeModel();
  return { models: (await siteConfig()).models.map((entry) => ({ ...entry, active: entry === active })) };
}

const ANSWERS = {
  "v1/server": serverInfo,
  "v1/models": modelList,
  "v1/examples": async () => ({ examples: (await siteConfig()).examples }),
};

export async function getJson(path) {
  if (!(path in ANSWERS)) throw new HttpError(t("site.onlyServer"));
  return ANSWERS[path]();
}

export const getBlob = (path) => examplePicture(decodeURIComponent(path.split("/").at(-1)));

const onlyServer = async () => {
  throw new HttpError(t("site.onlyServer"));
};
export const [remove, postJson, postForFile, sendPictures, sendFollowed, follow] = Array(6).fill(onlyServer);

/** The result of `work`, or `Cancelled` as soon as `signal` aborts; the work of the model itself is not interrupted. */
function unlessAborted(work, signal) {
  if (signal?.aborted) return Promise.reject(new Cancelled());
  const aborted = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Cancelled())));
  return Promise.race([work, aborted]);
}

async function readFile(file, name) {
  if (file.size > MAX_BYTES) throw new UnmaskError("image_too_large", `${name}: more than ${MAX_BYTES} bytes`);
  try {
    return await file.arrayBuffer();
  } catch {
    throw new UnmaskError("missing_file", `${name}: cannot be read; was it moved or deleted?`);
  }
}

/** The verdict on one picture, or its problem. `path` carries the options of the REST API. */
export async function sendPicture(path, file, name, { onProgress, signal } = {}) {
  if (!path.startsWith("v1/detect")) throw new HttpError(t(path.startsWith("v1/signals") ? "site.signals" : "site.onlyServer"));
  const query = new URLSearchParams(path.split("?")[1]);
  const options = { wholePicture: query.get("whole_picture") === "true", stability: query.get("stability") !== "false" };
  const judge = async () => {
    const bytes = await readFile(file, name);
    onProgress?.(1);
    return (await poolOf(query.get("model"))).detect(bytes, name, options);
  };
  try {
    return await unlessAborted(judge(), signal);
  } catch (error) {
    if (error instanceof UnmaskError) return failedResult(name, error);
    throw error;
  }
}

/** The heat maps of one picture. */
export async function sendWithProgress(path, file, name, { signal }) {
  const query = new URLSearchParams(path.split("?")[1]);
  if (!path.startsWith("v1/explain") || query.get("faithfulness") === "true") throw new HttpError(t("site.onlyServer"));
  const explain = async () => (await poolOf()).explain(await readFile(file, name), name);
  return { results: [await unlessAborted(explain(), signal)] };
}
