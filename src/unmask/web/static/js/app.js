/** Entry point: creates the parts of the page and connects them. */
import { urlOf } from "./api.js";
import { Batch } from "./batch.js";
import { openAddress } from "./address.js";
import { openLive } from "./camera.js";
import { byId, toast } from "./dom.js";
import { setUpFrame } from "./frame.js";
import { openHelp } from "./help.js";
import { openHistory } from "./history.js";
import { setUpUpload } from "./upload.js";
import { Items } from "./items.js";
import { loadServerInfo, server } from "./server.js";
import { inLanguage } from "./server_text.js";
import { t } from "./strings.js";

const items = new Items();
const VIEWS = { judge: () => {}, history: () => openHistory(items), help: openHelp };

/** Show the view in the URL fragment. Results stay while another view is shown. */
function show(moved) {
  const name = location.hash.replace(/^#\//, "");
  const view = name in VIEWS ? name : "judge";
  for (const each of Object.keys(VIEWS)) byId(each).hidden = each !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  VIEWS[view]();
  if (moved) {
    window.scrollTo(0, 0);
    byId("main").focus({ preventScroll: true });
  }
}

function describeServer() {
  byId("limits").textContent = t(server.clips ? "limits.clips" : "limits", { mb: Math.round(server.max_file_bytes / 1048576), clip: server.max_clip_mb });
  const kept = t(server.keep_images ? "foot.kept" : "foot.notKept");
  byId("open-address").hidden = !server.fetch;
  byId("open-screen").hidden = !navigator.mediaDevices?.getDisplayMedia;
  byId("explorer").href = urlOf("docs");
  byId("reviews").href = urlOf("review");
  byId("reviews").hidden = !server.keep_images;
  byId("foot").textContent = t("foot", { version: server.version, model: server.model.name, modelVersion: server.model.version, kept });
}

async function start() {
  setUpFrame();
  new Batch(items);
  items.addEventListener("add", () => (location.hash = "#/"));
  byId("open-camera").addEventListener("click", () => openLive(items, "camera"));
  byId("open-screen").addEventListener("click", () => openLive(items, "screen"));
  byId("open-address").addEventListener("click", () => openAddress(items));
  window.addEventListener("hashchange", () => show(true));
  window.addEventListener("unhandledrejection", ({ reason }) => toast(t("error.title", { detail: inLanguage(String(reason?.message ?? reason)) })));
  const ways = setUpUpload(items);
  try {
    await loadServerInfo();
    describeServer();
  } finally {
    document.body.dataset.shown = "yes";
  }
  await items.restore();
  show(false);
  await ways;
  document.body.dataset.ready = "yes";
}

start();
