/** Everything that goes to the server: one door, with the API key and the form of its errors. */
import { dialog, h } from "./dom.js";
import { t } from "./strings.js";

const BASE = document.querySelector('meta[name="unmask-api"]').content;
const KEY = "unmask-key";
export const MOST_FILES_AT_ONCE = 3;

/** An answer that is a problem. `retryAfter` is in seconds, where trying again makes sense. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export class Cancelled extends Error {}

const headers = () => {
  const key = sessionStorage.getItem(KEY);
  return key ? { Authorization: `Bearer ${key}` } : {};
};

let asking = null;
/** Ask for an API key, once for all requests that wait for it. */
function askForKey(wrong) {
  asking ??= new Promise((resolve) => {
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
      asking = null;
      resolve(Boolean(key));
    });
  });
  return asking;
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refused(response.status, problem, Number(response.headers.get("Retry-After")) || null);
}

async function ask(path, options = {}) {
  const sent = headers();
  const response = await fetch(BASE + path, { ...options, headers: { ...sent, ...options.headers } });
  if (response.ok) return response;
  const refused = await refusal(response);
  if (refused.status === 401 && (await askForKey("Authorization" in sent))) return ask(path, options);
  throw refused;
}

export const getJson = async (path) => (await ask(path)).json();
export const getBlob = async (path) => (await ask(path)).blob();
export const remove = async (path) => (await ask(path, { method: "DELETE" })).json();

export async function postJson(path, value) {
  const options = { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } };
  return (await ask(path, options)).json();
}

function formOf(file, name) {
  const form = new FormData();
  form.append("files", file, name);
  return form;
}

/** Send one picture, the file's own bytes; `onProgress` gets the share that is sent. The first result. */
export async function sendPicture(path, file, name, { onProgress, signal } = {}) {
  const sent = headers();
  try {
    return await upload(BASE + path, formOf(file, name), sent, onProgress, signal);
  } catch (error) {
    if (error.status === 401 && (await askForKey("Authorization" in sent))) return sendPicture(path, file, name, { onProgress, signal });
    throw error;
  }
}

/** XMLHttpRequest, because fetch tells nothing of how much of an upload has gone out. */
function upload(url, form, sent, onProgress, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Cancelled());
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    request.responseType = "json";
    if (onProgress) {
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.upload.onload = () => onProgress(1);
    }
    request.onload = () => {
      const answer = request.response ?? {};
      if (request.status === 200) resolve(answer.results[0]);
      else reject(new Refused(request.status, answer, Number(request.getResponseHeader("Retry-After")) || null));
    };
    request.onerror = () => reject(new Error(t("item.lost")));
    request.onabort = () => reject(new Cancelled());
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
