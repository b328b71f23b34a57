/** The report on one picture as a file. */
import { sendWithProgress } from "./api.js";
import { h } from "./dom.js";
import { save } from "./downloads.js";
import { server } from "./server.js";
import { t } from "./strings.js";
import { stepsOf, withProgress } from "./progress.js";

/** Request the report and save it. */
export async function saveReport(item, kind, wait) {
  const method = server.explanations.includes("cam") ? "cam" : "occlusion";
  const path = `v1/report?format=${kind}&method=${method}`;
  const made = await withProgress(wait, stepsOf(item.result, method, true), (watch) => sendWithProgress(path, item.file, item.name, watch));
  if (!made) return;
  const bytes = Uint8Array.from(atob(made.data), (char) => char.charCodeAt(0));
  save(`${item.name.replace(/^.*\//, "").replace(/\.\w+$/, "")}-report.${kind}`, made.media_type, bytes);
}

/** A button for each format, PDF first; the first one is the primary action. The progress is shown in `wait`. */
export function reportActions(item, wait) {
  const kinds = [...server.reports].sort((a, b) => (a === "pdf" ? -1 : b === "pdf" ? 1 : 0));
  const buttons = kinds.map((kind, place) =>
    h("button", { type: "button", class: place ? "" : "primary", "data-kind": kind, onclick: () => make(kind) }, t(`made.${kind}`)),
  );
  const make = async (kind) => {
    buttons.forEach((button) => (button.disabled = true));
    await saveReport(item, kind, wait);
    buttons.forEach((button) => (button.disabled = false));
    buttons[0].focus({ preventScroll: true });
  };
  return buttons;
}
