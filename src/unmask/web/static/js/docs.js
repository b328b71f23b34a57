/** The API explorer: the endpoints of the OpenAPI description, with forms to try them. */
import { canTry, curl, requestUrl, tryForm } from "./docs_request.js";
import { exampleOf, resolve, schemaLines } from "./docs_schema.js";
import { byId, h } from "./dom.js";
import { setUpFrame } from "./frame.js";
import { inLanguage, served } from "./server_text.js";
import { t } from "./strings.js";

const KEY = "unmask-key";
const METHODS = ["get", "post", "put", "patch", "delete"];

function table(caption, head, rows) {
  return h(
    "div",
    { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))),
    ),
  );
}

function parameters(operation) {
  if (!operation.parameters?.length) return null;
  const rows = operation.parameters.map(({ name, in: place, schema, description }) => [
    h("code", {}, name),
    place,
    schema.default === undefined ? "" : h("code", {}, String(schema.default)),
    served(description ?? ""),
  ]);
  return [h("h4", {}, t("docs.parameters")), table(t("docs.parameters"), ["name", "in", "default", "meaning"].map((name) => t(`docs.${name}`)), rows)];
}

function contents(title, described, description) {
  return Object.entries(described?.content ?? {}).map(([kind, content]) => {
    const example = exampleOf(content, description);
    const lines = schemaLines(content.schema, description);
    const shown = typeof example === "string" ? example : JSON.stringify(example, null, 2);
    const name = [title, " ", h("code", {}, kind)];
    if (!lines.length && example === undefined) return h("p", {}, name);
    return h(
      "details",
      {},
      h("summary", {}, name),
      lines.length ? h("pre", { tabindex: "0", "aria-label": t("docs.fieldsOf", { kind }) }, lines.join("\n")) : null,
      example === undefined ? null : [h("p", { class: "fine" }, t("docs.example")), h("pre", { tabindex: "0", "aria-label": t("docs.exampleOf", { kind }) }, shown)],
    );
  });
}

function responses(operation, description) {
  const entries = Object.entries(operation.responses).map(([status, response]) => [status, resolve(response, description)]);
  const rows = entries.map(([status, response]) => [h("code", {}, status), served(response.description)]);
  const bodies = entries.filter(([status]) => status < 400).map(([status, response]) => contents(t("docs.bodyOf", { status }), response, description));
  return [h("h4", {}, t("docs.responses")), table(t("docs.responses"), ["status", "meaning"].map((name) => t(`docs.${name}`)), rows), bodies];
}

function endpoint(method, path, operation, description) {
  const verb = method.toUpperCase();
  const body = h("div", { class: "endpoint-body" });
  const element = h(
    "details",
    { class: "endpoint", id: operation.operationId },
    h("summary", {}, h("span", { class: "method", "data-method": verb }, verb), h("h3", {}, path), h("span", {}, served(operation.summary ?? ""))),
    body,
  );
  element.addEventListener("toggle", () => fill(body, verb, path, operation, description), { once: true });
  return element;
}

/** The request of an endpoint without a form, as a curl command. */
function command(method, path, operation, description) {
  const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
  const url = requestUrl(path, inPath.map((parameter) => ({ parameter, input: { value: "" } })));
  const content = operation.requestBody?.content["application/json"];
  const text = curl({ method, url, json: content && exampleOf(content, description) });
  return h("pre", { tabindex: "0", "aria-label": t("docs.curl") }, text);
}

/** Build the content of an endpoint when it is opened for the first time. */
function fill(body, verb, path, operation, description) {
  const paragraphs = (operation.description ?? "").split("\n\n").map((text) => h("p", {}, served(text)));
  const attempt = canTry(verb, operation) ? tryForm(verb, path, operation, description) : command(verb, path, operation, description);
  const requests = contents(t("docs.bodyAs"), operation.requestBody, description);
  const parts = [paragraphs, parameters(operation), requests.length ? h("h4", {}, t("docs.request")) : null, requests, attempt, responses(operation, description)];
  body.append(...parts.flat(Infinity).filter(Boolean));
}

function show(description) {
  const groups = new Map();
  for (const [path, operations] of Object.entries(description.paths))
    for (const method of METHODS.filter((name) => operations[name])) {
      const tag = operations[method].tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), endpoint(method, path, operations[method], description)]);
    }
  byId("groups").replaceChildren();
  byId("endpoints").replaceChildren(h("p", { class: "fine" }, t("docs.version", { version: description.info.version })));
  for (const [tag, endpoints] of groups) {
    const id = `group-${tag}`;
    byId("groups").append(h("a", { href: `#${id}` }, inLanguage(tag)));
    byId("endpoints").append(h("section", { "aria-labelledby": id }, h("h2", { id }, inLanguage(tag)), endpoints));
  }
}

function setUpKey() {
  byId("key").value = sessionStorage.getItem(KEY) ?? "";
  byId("key-form").addEventListener("submit", (event) => event.preventDefault());
  byId("key").addEventListener("input", () => {
    const key = byId("key").value.trim();
    if (key) sessionStorage.setItem(KEY, key);
    else sessionStorage.removeItem(KEY);
  });
}

async function start() {
  setUpFrame("foot.explorer");
  setUpKey();
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    show(await response.json());
  } catch (error) {
    byId("groups").textContent = t("docs.failed", { reason: error.message });
  }
  document.body.dataset.ready = "";
}

start();
