/** The report on one picture as a file. */
import { sendWithProgress } from "./api.js";
import { h } from "./dom.js";
import { save } from "./downloads.js";
import { server } from "./server.js";
import { t } from "./strings.js";
import { stepsOf, withProgress } from "./progress.js";

async function make(item, kind, wait, buttons) {
  const method = server.explanations.includes("cam") ? "cam" : "occlusion";
  buttons.forEach((button) => (button.disabled = true));
  const path = `v1/report?format=${kind}&method=${method}`;
  const made = await withProgress(wait, stepsOf(item.result, method, true), (watch) => sendWithProgress(path, item.file, item.name, watch));
  buttons.forEach((button) => (button.disabled = false));
  buttons.find(({ dataset }) => dataset.kind === kind).focus({ preventScroll: true });
  if (!made) return;
  const bytes = Uint8Array.from(atob(made.data), (char) => char.charCodeAt(0));
  save(`${item.name.replace(/^.*\//, "").replace(/\.\w+$/, "")}-report.${kind}`, made.media_type, bytes);
}

/** A button for each format, and the progress below them. */
export function reportTools(item) {
  const wait = h("div", {});
  const buttons = server.reports.map((kind) =>
    h("button", { type: "button", class: "small", "data-kind": kind, onclick: () => make(item, kind, wait, buttons) }, t(`made.${kind}`)),
  );
  const row = h("div", { class: "row", role: "group", "aria-label": t("made.title") }, h("span", { class: "fine" }, t("made.title")), buttons);
  return h("div", { class: "report-tools" }, row, wait);
}
