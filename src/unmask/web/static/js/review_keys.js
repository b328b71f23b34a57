/** Keys for many results: j and k move, o opens, x selects, f, r and u filter. They can be turned off. */
import { byId } from "./dom.js";

const KEY = "unmask-keys";
const FILTERS = { f: "fake", r: "real", u: "unsure" };

/** Whether a key press belongs to something else: a field, a dialog, or a shortcut of the browser. */
const taken = (event) => event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog");

export function reviewKeys(batch) {
  const use = byId("keys");
  use.checked = localStorage.getItem(KEY) !== "off";
  use.addEventListener("change", () => localStorage.setItem(KEY, use.checked ? "on" : "off"));

  const move = (step) => {
    const cards = batch.visible;
    const here = cards.findIndex(({ element }) => element.contains(document.activeElement));
    const next = cards[here < 0 ? (step > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, here + step))];
    next?.toggle.focus();
    next?.element.scrollIntoView({ block: "nearest" });
  };
  const current = () => batch.visible.find(({ element }) => element.contains(document.activeElement));
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: () => current()?.toggle.click(),
    x: () => current()?.check.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (!use.checked || byId("judge").hidden || byId("batch").hidden || taken(event)) return;
    if (event.key in FILTERS) batch.filter(FILTERS[event.key]);
    else if (event.key in keys) keys[event.key]();
    else return;
    event.preventDefault();
  });
}
