/** Parts of the example pictures with enlarged pixels, which show what traces of a fake look like. */
import { getBlob, getJson } from "./api.js";
import { h } from "./dom.js";
import { t } from "./strings.js";

const [SIDE, ZOOM] = [80, 3];
/** Name of an example, its words, and the center of the shown part in pixels. */
const PARTS = [
  { name: "astronaut.jpg", words: "real", center: [224, 112] },
  { name: "generated.jpg", words: "generated", center: [128, 100] },
  { name: "swapped.jpg", words: "swapped", center: [172, 250] },
  { name: "blended.jpg", words: "blended", center: [224, 145] },
];

async function part({ name, words, center: [x, y] }) {
  const image = await createImageBitmap(await getBlob(`v1/examples/${encodeURIComponent(name)}`));
  const canvas = h("canvas", { width: SIDE * ZOOM, height: SIDE * ZOOM, role: "img", "aria-label": t(`example.${name}`) });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(image, x - SIDE / 2, y - SIDE / 2, SIDE, SIDE, 0, 0, canvas.width, canvas.height);
  return h("figure", {}, canvas, h("figcaption", { class: "fine" }, t(`help.trace.${words}`)));
}

/** The section of the help page; it is filled when the examples are loaded. */
export function traces() {
  const place = h("div", { class: "traces" });
  const fill = async () => {
    const { examples } = await getJson("v1/examples");
    place.replaceChildren(...(await Promise.all(PARTS.filter(({ name }) => examples.includes(name)).map(part))));
  };
  fill();
  return [h("h2", {}, t("help.tracesTitle")), h("p", {}, t("help.tracesLead")), place, h("p", {}, t("help.tracesLimits"))];
}
