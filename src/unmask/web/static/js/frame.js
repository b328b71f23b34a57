/** The frame that all pages share: language, texts of the markup, theme, choice of the language. */
import { byId, h, translate } from "./dom.js";
import { LANGUAGES, changeLanguage, language, t } from "./strings.js";
import { setUpTheme } from "./theme.js";

/** Set up the frame; `title` is the key of the page's title, empty for the start page. */
export function setUpFrame(title = "") {
  document.documentElement.lang = language;
  if (title) document.title = `${t(title)} · unmask`;
  translate(document);
  setUpTheme();
  const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== language);
  byId("languages").replaceChildren(...others.map(([tag, name]) => h("button", { type: "button", class: "quiet small", lang: tag, onclick: () => changeLanguage(tag) }, name)));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
}
