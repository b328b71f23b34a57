/**
 * Sentences that the server makes, in the language of the page. translations/{language}.json has them by their English
 * text; {names} in a sentence are placeholders for values.
 */
import { h } from "./dom.js";
import { language, locale } from "./strings.js";

const SENTENCE_END = /(?<=[.!?]["”)]?) (?=[A-Z`"])/;
const listed = language === "en" ? {} : await (await fetch(new URL(`../translations/${language}.json`, import.meta.url))).json();
const quote = (text) => text.replace(/[.*+?^$|()[\]\\{}]/g, String.raw`\$&`);

/** A sentence with values as `{expression, names, words}`; longer ones are tried first. */
const patterns = Object.entries(listed)
  .filter(([english]) => /\{\w+\}/.test(english))
  .sort(([a], [b]) => b.length - a.length)
  .map(([english, words]) => {
    const [first, ...rest] = english.split(/\{\w+\}/).map(quote);
    const names = [...english.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    return { expression: new RegExp(`^${first}${rest.map((part) => `(.+?)${part}`).join("")}$`, "s"), names, words };
  });

/** A value inside a sentence: a number in the locale, words by their own translation, anything else unchanged. */
function value(text, name) {
  if (name === "version") return text;
  if (/^-?\d+\.\d+$/.test(text)) return text.replace(".", (0.5).toLocaleString(locale)[1]);
  if (/^\d{1,3}(,\d{3})+$/.test(text)) return Number(text.replaceAll(",", "")).toLocaleString(locale);
  return Object.hasOwn(listed, text) ? listed[text] : text;
}

function one(text) {
  if (Object.hasOwn(listed, text)) return listed[text];
  for (const { expression, names, words } of patterns) {
    const found = expression.exec(text);
    if (!found) continue;
    const values = Object.fromEntries(names.map((name, place) => [name, value(found[place + 1], name)]));
    return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
  return null;
}

/** The text in the language of the page, sentence by sentence; null if a sentence has no translation. */
export function translated(text) {
  if (language === "en" || !text) return text;
  const plain = text.replace(/\s+/g, " ").trim();
  const sentences = plain.split(SENTENCE_END).map(one);
  return sentences.includes(null) ? one(plain) : sentences.join(" ");
}

/** The text in the language of the page, else in English. */
export const inLanguage = (text) => translated(text) ?? text;

/** As `inLanguage`, as an element: text in backticks is code, and English text is marked as such. */
export function served(text) {
  const words = translated(text);
  const parts = (words ?? text).split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
  return h("span", { lang: words === null ? "en" : null }, parts);
}
