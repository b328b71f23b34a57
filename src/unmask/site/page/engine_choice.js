/** The choice between processor and graphics card, and the line that states which one judges. */
import { byId, h } from "./dom.js";
import { t } from "./strings.js";

const KEY = "unmask-engine";
const ENGINES = ["wasm", "webgpu"];

const inAddress = () => new URLSearchParams(location.search).get("engine");

/** The engine for a model: that of `?engine=` in the address, else the one chosen last, else the processor. */
export function wantedEngine({ webgpu }) {
  const wanted = ENGINES.includes(inAddress()) ? inAddress() : localStorage.getItem(KEY);
  return webgpu && wanted === "webgpu" ? "webgpu" : "wasm";
}

async function hasGraphicsCard() {
  return Boolean(await navigator.gpu?.requestAdapter().catch(() => null));
}

/** Show the choice if the browser offers a graphics card, or the address names an engine. `changed` is called after a choice. */
export async function setUpEngineChoice(changed) {
  const select = h("select", { id: "engine" }, ENGINES.map((engine) => h("option", { value: engine }, t(`site.engine.${engine}`))));
  select.addEventListener("change", () => {
    localStorage.setItem(KEY, select.value);
    const address = new URL(location.href);
    address.searchParams.delete("engine");
    history.replaceState(null, "", address);
    changed();
  });
  const state = h("span", { id: "engine-state", class: "fine", role: "status" });
  const row = h("p", { id: "engine-row" }, h("label", { for: "engine" }, t("site.engine")), " ", select, " ", state);
  byId("limits").before(row);
  row.hidden = !ENGINES.includes(inAddress()) && !(await hasGraphicsCard());
}

/** Show the choice only for models that run on a graphics card, and state that the model is being loaded. */
export function showLoading(model) {
  const select = byId("engine");
  select.value = wantedEngine(model);
  select.disabled = !model.webgpu;
  byId("engine-state").textContent = model.webgpu ? t("site.engine.loading") : t("site.engine.small");
}

/** State which engine judges, and how it compares. `used` is the answer of `Pool.load`. */
export function showEngine(model, used) {
  const number = (value) => value.toFixed(0);
  document.body.dataset.engineName = used.name;
  if (used.name === "webgpu") byId("engine-state").textContent = t("site.engine.compared", { gpu: number(used.gpu), cpu: number(used.cpu) });
  else if (used.problem) byId("engine-state").textContent = t("site.engine.failed", { reason: used.problem });
  else if (model.webgpu) byId("engine-state").textContent = "";
}
