/** The texts of the page, from strings/{language}.json; {names} in them are placeholders. To add a language, add its file. */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEY = "unmask-language";

function chosenLanguage() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

/** The language of the page: the one chosen in the footer, else the first of the browser's that the page has. */
export const language = chosenLanguage();
/** The locale for numbers and dates. */
export const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
export const strings = await (await fetch(new URL(`../strings/${language}.json`, import.meta.url))).json();

/** Show the page in another language; the server reads the cookie and fills in the first texts. */
export function changeLanguage(tag) {
  localStorage.setItem(KEY, tag);
  document.cookie = `${KEY}=${tag}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

/** The text for `key`, with its placeholders filled in from `values`. */
export function t(key, values = {}) {
  const words = strings[key];
  if (words === undefined) throw new Error(`no text for ${key}`);
  if (Array.isArray(words)) return words;
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
