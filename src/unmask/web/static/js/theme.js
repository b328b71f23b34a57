/** The theme: light, dark, or that of the system. */
import { byId } from "./dom.js";
import { t } from "./strings.js";

const KEY = "unmask-theme";
const THEMES = ["auto", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => (THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto");

function apply() {
  const theme = chosen();
  const dark = theme === "dark" || (theme === "auto" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.querySelector('meta[name="theme-color"]').content = dark ? "#12181b" : "#f6f4ef";
  byId("theme").textContent = t(`theme.${theme}`);
}

export function setUpTheme() {
  system.addEventListener("change", apply);
  byId("theme").addEventListener("click", () => {
    localStorage.setItem(KEY, THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]);
    apply();
  });
  apply();
}
