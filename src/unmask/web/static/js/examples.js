/** The example pictures: what each is, and what its verdict, right or wrong, teaches. */
import { getBlob, getJson } from "./api.js";
import { byId, h } from "./dom.js";
import { t } from "./strings.js";

/** What the pictures that come with unmask truly are. */
const TRUTH = { "astronaut.jpg": "real", "blended.jpg": "fake" };

const caption = (name) => name in TRUTH && h("span", { class: "fine" }, t(`example.${name}`));

export async function offerExamples(items) {
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

/** What there is to learn from the verdict on a picture whose truth is known; null for any other. */
export function lesson({ name, truth, result }) {
  if (!truth) return null;
  const taught = { unsure: "unsure", no_face: "unseen", [truth]: "right" }[result.label] ?? `wrong.${truth}`;
  return h("p", { class: "lesson" }, h("strong", {}, t(`lesson.${truth}`)), " ", t(`example.${name}.what`), " ", t(`lesson.${taught}`));
}
