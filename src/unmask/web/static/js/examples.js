/** The example pictures: their true labels, and a note on whether the verdict is right. */
import { getBlob, getJson } from "./api.js";
import { byId, h } from "./dom.js";
import { strings, t } from "./strings.js";

/** True labels of the bundled pictures, in the order shown; the label of a picture without a face is no_face. */
const TRUTH = {
  "astronaut.jpg": "real",
  "hopper.jpg": "real",
  "generated.jpg": "fake",
  "swapped.jpg": "fake",
  "blended.jpg": "fake",
  "coffee.jpg": "no_face",
};

/** Words for one picture; empty for a picture that the page does not know. */
const words = (name, kind) => strings[`example.${name}${kind}`] ?? "";

export async function showExamples(items) {
  const { examples } = await getJson("v1/examples");
  const known = Object.keys(TRUTH);
  const buttons = await Promise.all(
    [...examples].sort((a, b) => known.indexOf(a) - known.indexOf(b)).map(async (name) => {
      const file = await getBlob(`v1/examples/${encodeURIComponent(name)}`);
      const image = h("img", { src: URL.createObjectURL(file), alt: "", width: 96, height: 96 });
      const caption = h("span", {}, words(name, "") || name, h("span", { class: "visually-hidden" }, ` (${name.replace(/\.\w+$/, "")})`));
      const add = () => items.add([{ file, name, truth: TRUTH[name] ?? null }]);
      return h("li", {}, h("button", { type: "button", onclick: add }, image, caption));
    }),
  );
  byId("examples").querySelector("ul").replaceChildren(...buttons);
  byId("examples").hidden = buttons.length === 0;
}

/** A note on whether the verdict is right, for a picture whose true label is known; null for others. */
export function exampleNote({ name, truth, result }) {
  if (!truth) return null;
  const outcome = { unsure: "unsure", no_face: "nothing", [truth]: "right" }[result.label] ?? `wrong.${truth}`;
  const right = truth === "no_face" && result.label !== "no_face" ? "wrong.no_face" : outcome;
  return h("p", { class: "example-note" }, h("strong", {}, t(`note.${truth}`)), " ", words(name, ".what"), " ", t(`note.${right}`));
}
