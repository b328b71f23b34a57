/** All requests to the server, with API key and error handling. */
import { dialog, h } from "./dom.js";
import { eventParser, readEvents } from "./sse.js";
import { t } from "./strings.js";

const BASE = document.querySelector('meta[name="unmask-api"]').content;
const KEY = "unmask-key";
const MEDIA_TYPE = "text/event-stream";
export const MAX_PARALLEL_UPLOADS = 3;
/** The address of a path on the server. */
export const urlOf = (path) => BASE + path;

/** A response that is a problem. `retryAfter` is in seconds; null if a retry does not help. */
export class HttpError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export class Cancelled extends Error {}

/** The result of one picture for an error. */
export function failedResult(name, error) {
  const own = error.problem?.results?.[0]?.problem;
  return { path: name, problem: own ?? { code: error.problem?.code ?? "unreachable", message: error.message } };
}

const headers = () => {
  const key = sessionStorage.getItem(KEY);
  return key ? { Authorization: `Bearer ${key}` } : {};
};

let prompting = null;
/** Prompt for an API key, once for all waiting requests. */
function promptForKey(wrong) {
  prompting ??= new Promise((resolve) => {
    const input = h("input", { type: "password", id: "key", autocomplete: "off", required: true });
    const form = h(
      "form",
      { method: "dialog" },
      h("p", {}, t("key.lead")),
      h("div", { class: "field" }, h("label", { for: "key" }, t("key.label")), input),
      wrong && h("p", { role: "alert" }, t("key.wrong")),
      h("div", { class: "row end" }, h("button", { class: "primary" }, t("key.save"))),
    );
    const box = dialog(t("key.title"), form);
    box.addEventListener("close", () => {
      const key = input.value.trim();
      if (key) sessionStorage.setItem(KEY, key);
      prompting = null;
      resolve(Boolean(key));
    });
  });
  return prompting;
}

async function readProblem(response) {
  const problem = await response.json().catch(() => ({}));
  return new HttpError(response.status, problem, Number(response.headers.get("Retry-After")) || null);
}

/** Send a request. Throws `HttpError` for a problem, `Cancelled` after an abort, and `Error` if the network fails. */
async function ask(path, options = {}) {
  const sent = headers();
  const response = await fetch(urlOf(path), { ...options, headers: { ...sent, ...options.headers } }).catch((error) => {
    throw options.signal?.aborted ? new Cancelled() : new Error(t("item.lost"), { cause: error });
  });
  if (response.ok) return response;
  const error = await readProblem(response);
  if (error.status === 401 && (await promptForKey("Authorization" in sent))) return ask(path, options);
  throw error;
}

export const getJson = async (path) => (await ask(path)).json();
export const getBlob = async (path) => (await ask(path)).blob();
export const remove = async (path) => (await ask(path, { method: "DELETE" })).json();

const post = (path, value) => ask(path, { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });
export const postJson = async (path, value) => (await post(path, value)).json();
/** The file that the server answers with, and its name. */
export async function postForFile(path, value) {
  const response = await post(path, value);
  return { file: await response.blob(), name: decodeURIComponent(response.headers.get("X-File-Name") ?? "picture") };
}

function formOf(files) {
  const form = new FormData();
  for (const { file, name } of files) form.append("files", file, name);
  return form;
}

/** Upload pictures unchanged; `onProgress` gets the uploaded fraction. Returns the body of the response. */
export async function sendPictures(path, files, { onProgress, signal } = {}) {
  const sent = headers();
  try {
    return await upload(urlOf(path), formOf(files), sent, onProgress, signal);
  } catch (error) {
    if (error.status === 401 && (await promptForKey("Authorization" in sent))) return sendPictures(path, files, { onProgress, signal });
    throw error;
  }
}

/** Upload one picture; returns its result. */
export const sendPicture = async (path, file, name, options) => (await sendPictures(path, [{ file, name }], options)).results[0];

/** Upload one picture to a slow endpoint; `onProgress` gets `{step, done, total}`. Returns the result. */
export async function sendWithProgress(path, file, name, { onProgress, signal }) {
  const options = { method: "POST", body: formOf([{ file, name }]), headers: { Accept: MEDIA_TYPE }, signal };
  let last = null;
  await follow(path, options, (event, data) => {
    if (event === "progress") onProgress(data);
    else last = { event, data };
  });
  if (!last) throw new Error(t("item.lost"));
  if (last.event === "problem") throw new HttpError(last.data.status, last.data, null);
  return last.data;
}

/** Upload one file to a slow endpoint; `onUpload` gets the uploaded fraction, `onProgress` `{step, done, total}`. Returns the result. */
export async function sendFollowed(path, file, name, { onUpload, onProgress, signal }) {
  const sent = headers();
  let last = null;
  const onEvent = (event, data) => {
    if (event === "progress") onProgress(data);
    else last = { event, data };
  };
  try {
    await upload(urlOf(path), formOf([{ file, name }]), { ...sent, Accept: MEDIA_TYPE }, onUpload, signal, eventParser(onEvent));
  } catch (error) {
    if (error.status === 401 && (await promptForKey("Authorization" in sent))) return sendFollowed(path, file, name, { onUpload, onProgress, signal });
    throw error;
  }
  if (!last) throw new Error(t("item.lost"));
  if (last.event === "problem") throw new HttpError(last.data.status, last.data, null);
  return last.data;
}

/** Call `onEvent(name, data)` for each event of a stream until it ends. */
export async function follow(path, options, onEvent) {
  try {
    await readEvents(await ask(path, options), onEvent);
  } catch (error) {
    throw options.signal?.aborted ? new Cancelled() : error;
  }
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Upload with XMLHttpRequest, because `fetch` reports no upload progress. */
function upload(url, form, sent, onProgress, signal, onText) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Cancelled());
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    request.responseType = onText ? "text" : "json";
    if (onText) request.onprogress = () => request.status === 200 && onText(request.responseText);
    if (onProgress) {
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.upload.onload = () => onProgress(1);
    }
    request.onload = () => {
      const success = request.status >= 200 && request.status < 300;
      if (success && onText) onText(request.responseText);
      const answer = (onText && !success ? parseJson(request.responseText) : request.response) ?? {};
      if (success) resolve(answer);
      else reject(new HttpError(request.status, answer, Number(request.getResponseHeader("Retry-After")) || null));
    };
    request.onerror = () => reject(new Error(t("item.lost")));
    request.onabort = () => reject(new Cancelled());
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
