/** DOM helpers. Text is always set as text, never as markup, because it may contain file names. */
import { t } from "./strings.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element. Attributes such as `onclick` are listeners; strings among the children are text. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element; arguments as for `h`. */
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Fill the texts into the static markup; the server has done so for the language of the browser. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) {
    const words = t(element.dataset.t);
    if (element.textContent !== words) element.textContent = words;
  }
  for (const element of root.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset.tLabel));
}

/** Announce a message to screen readers. */
export function announce(words) {
  byId("announcement").textContent = words;
}

let hiding;
/** Show a short message for six seconds. */
export function toast(words) {
  const note = byId("toast");
  note.textContent = words;
  note.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (note.hidden = true), 6000);
}

/** A modal dialog that is removed from the page when it is closed. */
export function dialog(title, ...children) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const box = h("dialog", { "aria-labelledby": "dialog-title" }, heading, ...children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}
