/** The example pictures: their true labels, and a note on whether the verdict is right. */
import { getBlob, getJson } from "./api.js";
import { byId, h } from "./dom.js";
import { t } from "./strings.js";

/** True labels of the bundled pictures. */
const TRUTH = { "astronaut.jpg": "real", "blended.jpg": "fake" };

const caption = (name) => name in TRUTH && h("span", { class: "fine" }, t(`example.${name}`));

export async function showExamples(items) {
  const { examples } = await getJson("v1/examples");
  const buttons = await Promise.all(
    examples.map(async (name) => {
      const file = await getBlob(`v1/examples/${encodeURIComponent(name)}`);
      const image = h("img", { src: URL.createObjectURL(file), alt: "" });
      const words = h("span", {}, h("span", {}, name.replace(/\.\w+$/, "")), caption(name));
      const add = () => items.add([{ file, name, truth: TRUTH[name] ?? null }]);
      return h("li", {}, h("button", { type: "button", onclick: add }, image, words));
    }),
  );
  byId("examples").querySelector("ul").replaceChildren(...buttons);
  byId("examples").hidden = buttons.length === 0;
}

/** A note on whether the verdict is right, for a picture whose true label is known; null for others. */
export function exampleNote({ name, truth, result }) {
  if (!truth) return null;
  const outcome = { unsure: "unsure", no_face: "no_face", [truth]: "right" }[result.label] ?? `wrong.${truth}`;
  return h("p", { class: "example-note" }, h("strong", {}, t(`note.${truth}`)), " ", t(`example.${name}.what`), " ", t(`note.${outcome}`));
}
