/** The models of the site, the choice between them, and the service worker that makes the page work offline. */
import { Pool } from "../../engine/pool.js";
import { byId, h, toast } from "./dom.js";
import { setUpEngineChoice, showEngine, showLoading, wantedEngine } from "./engine_choice.js";
import { loadServerInfo, server } from "./server.js";
import { t } from "./strings.js";

const ROOT = new URL("../../", import.meta.url);
const KEY = "unmask-model";
const pools = new Map();
let config = null;

/** The description of the site, which `unmask export-site` writes: version, models, examples. */
export function siteConfig() {
  config ??= fetch(new URL("site.json", ROOT)).then((response) => response.json());
  return config;
}

const absolute = ({ file, sha256 }) => ({ url: new URL(file, ROOT).href, sha256 });

/** The model in use: the one that the user chose last, else the first. */
export async function activeModel() {
  const { models } = await siteConfig();
  return models.find(({ model }) => model === localStorage.getItem(KEY)) ?? models[0];
}

/** The workers of a model of that name; the default is the model in use. */
export async function poolOf(name = null) {
  const { faces, check, models } = await siteConfig();
  const entry = models.find(({ model }) => model === name) ?? (await activeModel());
  const engine = wantedEngine(entry);
  const key = `${entry.model} ${engine}`;
  if (!pools.has(key)) pools.set(key, new Pool({ model: absolute(entry), faces: absolute(faces), check: absolute(check), engine }));
  return pools.get(key);
}

/** The bytes of an example picture. */
export const examplePicture = async (name) => (await fetch(new URL(`examples/${encodeURIComponent(name)}`, ROOT))).blob();

/** A list to choose the model from, below the ways to add pictures. */
async function showModels() {
  const { models } = await siteConfig();
  if (models.length < 2) return;
  const choice = ({ model, size }) => h("option", { value: model }, t("site.modelChoice", { name: model, mb: (size / 1e6).toFixed(1) }));
  const select = h("select", { id: "model" }, models.map(choice));
  select.value = (await activeModel()).model;
  select.addEventListener("change", async () => {
    localStorage.setItem(KEY, select.value);
    await loadServerInfo();
    const { name, version } = server.model;
    byId("foot").textContent = t("foot", { version: server.version, model: name, modelVersion: version });
    await warmUp();
  });
  byId("limits").before(h("p", {}, h("label", { for: "model" }, t("site.model")), " ", select));
}

/** Load the model before the first picture needs it. */
async function warmUp() {
  const model = await activeModel();
  showLoading(model);
  const used = await (await poolOf()).load();
  if (model === (await activeModel())) showEngine(model, used);
  document.body.dataset.engine = "ready";
}

/** Keep all files of the page for later visits without a network. */
async function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  const first = !navigator.serviceWorker.controller;
  const registration = await navigator.serviceWorker.register(new URL("sw.js", ROOT), { scope: ROOT.pathname });
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => {
      if (worker.state === "installed" && !first) toast(t("site.update"));
      if (worker.state === "activated" && first) toast(t("site.offline"));
    });
  });
}

export async function setUpSite() {
  await showModels();
  await setUpEngineChoice(warmUp);
  await Promise.allSettled([keepOffline(), warmUp()]);
}
