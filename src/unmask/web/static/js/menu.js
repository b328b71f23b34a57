/** A button that opens a list of further actions. */
import { h, s } from "./dom.js";

const DOTS = "M5 12h.1M12 12h.1M19 12h.1";
const opened = new Set();

/** An icon of a 24-pixel grid from the path of its lines. */
export const icon = (path) => s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, s("path", { d: path }));

/** A menu: `entries` are buttons, links or labels; nothing is drawn for an empty one. */
export function menu(label, entries, { text = "" } = {}) {
  const shown = entries.flat().filter(Boolean);
  if (!shown.length) return null;
  const button = h("summary", { class: text ? "button" : "button icon-only", "aria-label": text ? null : label }, text, icon(DOTS));
  const list = h("div", { class: "menu-list", role: "group", "aria-label": label }, shown);
  const element = h("details", { class: "menu" }, button, list);
  element.addEventListener("toggle", () => opened[element.open ? "add" : "delete"](element));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    element.open = false;
    button.focus();
  });
  list.addEventListener("click", ({ target }) => {
    if (target.closest("button, a")) element.open = false;
  });
  return element;
}

document.addEventListener("click", ({ target }) => {
  for (const element of opened) if (!element.contains(target)) element.open = false;
});
