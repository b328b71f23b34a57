/** Requests of the API explorer: the form of an endpoint, its curl command, and the response. */
import { announce, h } from "./dom.js";
import { resolve } from "./docs_schema.js";
import { t } from "./strings.js";

const KEY = "unmask-key";
const FORM = "multipart/form-data";
const MAX_SHOWN = 200_000;
let counter = 0;

/** Whether the explorer can send a request: all GET endpoints, and POST endpoints that take files. */
export const canTry = (method, operation) => method === "GET" || Boolean(operation.requestBody?.content[FORM]);

/** The form of an endpoint with its response below. */
export function tryForm(method, path, operation, description) {
  const fields = (operation.parameters ?? []).map((parameter) => parameterField(parameter, description));
  const files = method === "POST" ? fileField() : null;
  const command = h("pre", { tabindex: "0", "aria-label": t("docs.curl") });
  const response = h("div", { class: "response" });
  const send = h("button", { class: "primary" }, t("docs.send"));
  const stop = h("button", { type: "button", hidden: true }, t("wait.stop"));
  const form = h(
    "form",
    { class: "try", "aria-label": `${t("docs.try")}: ${method} ${path}` },
    h("h4", {}, t("docs.try")),
    fields.map((field) => field.element),
    files?.element,
    h("div", { class: "row" }, send, stop),
    command,
    response,
  );
  const request = () => ({ method, url: requestUrl(path, fields), files: files?.input.files });
  const update = () => (command.textContent = curl(request()));
  form.addEventListener("input", update);
  update();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const controller = new AbortController();
    stop.onclick = () => controller.abort();
    send.disabled = true;
    stop.hidden = false;
    await show(response, request(), controller.signal);
    send.disabled = false;
    stop.hidden = true;
  });
  return form;
}

function parameterField(parameter, description) {
  const id = `parameter-${++counter}`;
  const schema = resolve(parameter.schema, description);
  const known = schema.anyOf?.map((variant) => resolve(variant, description)).find((variant) => variant.type !== "null") ?? schema;
  const choices = known.type === "boolean" ? ["true", "false"] : known.enum;
  const input = choices
    ? h("select", { id }, h("option", { value: "" }, t("docs.default")), choices.map((choice) => h("option", {}, choice)))
    : h("input", { id, type: known.type === "integer" ? "number" : "text", required: parameter.required, placeholder: schema.default });
  const label = h("label", { for: id }, h("code", {}, parameter.name), parameter.required ? ` ${t("docs.required")}` : "");
  return { parameter, input, element: h("div", { class: "field" }, label, input) };
}

function fileField() {
  const id = `files-${++counter}`;
  const input = h("input", { id, type: "file", multiple: true, required: true, accept: "image/*,.heic,.heif,.avif,.tif,.tiff" });
  return { input, element: h("div", { class: "field" }, h("label", { for: id }, h("code", {}, "files"), ` ${t("docs.required")}`), input) };
}

/** The address of a request, relative to this page, so that a path prefix of a proxy is kept. */
export function requestUrl(path, fields) {
  const url = new URL(path.slice(1), document.baseURI);
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") url.pathname = url.pathname.replace(encodeURI(`{${parameter.name}}`), encodeURIComponent(input.value || parameter.name.toUpperCase()));
    else if (input.value) url.searchParams.set(parameter.name, input.value);
  }
  return url;
}

const quote = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The request as a curl command. `json` is the example of a JSON body. */
export function curl({ method, url, files, json }) {
  const key = sessionStorage.getItem(KEY) ? ' -H "Authorization: Bearer $UNMASK_KEY"' : "";
  const names = files?.length ? [...files].map((file) => file.name) : ["photo.jpg"];
  const sent = files ? names.map((name) => ` -F ${quote(`files=@${name}`)}`).join("") : "";
  const body = json ? ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(json))}` : "";
  const verb = method === "GET" || files || json ? "" : ` -X ${method}`;
  return `curl${verb}${key}${body}${sent} ${quote(url.href)}`;
}

async function show(place, { method, url, files }, signal) {
  place.replaceChildren();
  const key = sessionStorage.getItem(KEY);
  const options = { method, signal, headers: key ? { Authorization: `Bearer ${key}` } : {} };
  if (files) {
    options.body = new FormData();
    for (const file of files) options.body.append("files", file, file.name);
  }
  const started = performance.now();
  const title = h("h4", {}, t("docs.waiting"));
  place.append(title);
  try {
    const response = await fetch(url, options);
    const status = `${response.status} ${response.statusText}`.trim();
    title.textContent = t("docs.response", { status });
    await showBody(place, response);
    title.textContent = t("docs.responseAfter", { status, time: Math.round(performance.now() - started) });
  } catch (error) {
    title.textContent = signal.aborted ? t("wait.stopped") : t("docs.noResponse", { reason: error.message });
  }
  announce(title.textContent);
}

async function showBody(place, response) {
  const kind = response.headers.get("Content-Type") ?? "";
  if (kind.startsWith("image/")) {
    place.append(h("img", { src: URL.createObjectURL(await response.blob()), alt: t("docs.picture") }));
    return;
  }
  if (!/json|^text\/(plain|event-stream)/.test(kind)) {
    const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "response";
    const href = URL.createObjectURL(await response.blob());
    place.append(h("p", {}, h("a", { href, download: name }, t("docs.save", { name })), ` (${kind})`));
    return;
  }
  const output = h("pre", { tabindex: "0", "aria-label": t("docs.body") });
  place.append(output);
  const text = await readText(response, output);
  output.textContent = shorten(kind.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text);
}

/** The text of a response; `output` shows what has arrived so far. */
async function readText(response, output) {
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    output.textContent = shorten(text);
  }
  return text;
}

const shorten = (text) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… ${t("docs.cut", { count: text.length - MAX_SHOWN })}` : text);
