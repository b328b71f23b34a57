/** The side panel: the chosen picture with the boxes of its faces, its verdict, and what the verdict does not say. */
import { h } from "../static/js/dom.js";
import { headlineOf } from "../static/js/headline.js";
import { badge } from "../static/js/labels.js";
import { picture } from "../static/js/picture.js";
import { loadServerInfo } from "../static/js/server.js";
import { judge, serverAddress, setServer } from "./judge.js";
import { askPermission, loadPicture, NeedsPermission } from "./load_picture.js";

const api = globalThis.browser ?? globalThis.chrome;
const words = (key, ...values) => api.i18n.getMessage(key, values);
const place = document.getElementById("result");
let last = 0;

const show = (...children) => place.replaceChildren(...children);
const nameOf = (address) => (address.startsWith("data:") ? "picture" : decodeURIComponent(new URL(address).pathname.split("/").at(-1)) || "picture");

/** The verdict of one picture. */
function verdict(result, bytes, server) {
  const file = new Blob([bytes]);
  const item = { file, url: URL.createObjectURL(file), name: result.path, result };
  const drawn = picture(item, () => {});
  const { title, detail, caution } = headlineOf(result);
  const faces = result.faces.length > 1 ? words("faces", String(result.faces.length)) : "";
  return [
    h("div", { class: "verdict" }, badge(result.label, true), h("strong", {}, detail || title)),
    drawn.stage,
    faces && h("p", { class: "fine" }, faces),
    h("p", {}, caution),
    h("p", { class: "fine" }, server ? words("byServer", server) : words("byModel", result.model.name, result.model.version)),
  ].filter(Boolean);
}

function permission(wanted, origin) {
  const allow = async () => {
    if (await askPermission(wanted.address)) await check(wanted);
  };
  return [h("p", {}, words("needsPermission", origin)), h("button", { type: "button", class: "primary", id: "allow", onclick: allow }, words("allow", origin))];
}

/** Load and judge the chosen picture. */
async function check(wanted) {
  show(h("p", {}, words("working")), h("progress", {}));
  try {
    const bytes = await loadPicture(wanted);
    const result = await judge(bytes, nameOf(wanted.address));
    show(...verdict(result, bytes, await serverAddress()));
    document.body.dataset.label = result.label;
  } catch (error) {
    if (error instanceof NeedsPermission) show(...permission(wanted, error.origin));
    else show(h("p", { role: "alert" }, error.message));
    document.body.dataset.label = error instanceof NeedsPermission ? "permission" : "problem";
  }
}

function take(wanted) {
  if (!wanted || wanted.time === last) return;
  last = wanted.time;
  document.body.dataset.label = "";
  check(wanted);
}

async function setUpServer() {
  const [form, field, note] = ["server-form", "server", "server-note"].map((id) => document.getElementById(id));
  document.querySelector("#options summary").textContent = words("options");
  form.querySelector("label").textContent = words("server");
  form.querySelector("button").textContent = words("save");
  note.textContent = words("serverNote");
  field.value = await serverAddress();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    note.textContent = words((await setServer(field.value)) ? "saved" : "refused");
  });
}

show(h("p", {}, words("begin")));
api.storage.session.onChanged.addListener(({ wanted }) => take(wanted?.newValue));
await Promise.all([setUpServer(), loadServerInfo()]);
take((await api.storage.session.get("wanted")).wanted);
document.body.dataset.ready = "yes";
