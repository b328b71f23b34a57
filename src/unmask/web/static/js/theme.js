/** The theme: light, dark, or that of the system. */
import { byId } from "./dom.js";
import { icon } from "./menu.js";
import { t } from "./strings.js";

const KEY = "unmask-theme";
const THEMES = ["auto", "light", "dark"];
const ICONS = {
  auto: "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18M12 3v18M12 7h5M12 11h8M12 15h7",
  light: "M12 8a4 4 0 1 1 0 8a4 4 0 1 1 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5",
  dark: "M20 14A8.500 8.500 0 1 1 10 4a7 7 0 0 0 10 10z",
};
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => (THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto");

function apply() {
  const theme = chosen();
  const dark = theme === "dark" || (theme === "auto" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.querySelector('meta[name="theme-color"]').content = dark ? "#12181b" : "#f6f4ef";
  byId("theme").replaceChildren(icon(ICONS[theme]));
  for (const name of ["aria-label", "title"]) byId("theme").setAttribute(name, t(`theme.${theme}`));
}

export function setUpTheme() {
  system.addEventListener("change", apply);
  byId("theme").addEventListener("click", () => {
    localStorage.setItem(KEY, THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]);
    apply();
  });
  apply();
}
