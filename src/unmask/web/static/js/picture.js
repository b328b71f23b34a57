/** The picture of a card: the preview, and a button on each face. */
import { h } from "./dom.js";
import { figure } from "./labels.js";
import { t } from "./strings.js";

function preview(item) {
  if (!item.url) return blank(item);
  const image = h("img", { src: item.url, alt: item.name });
  image.addEventListener("error", () => image.replaceWith(blank(item)), { once: true });
  return image;
}

/** In place of a format the browser cannot show: a sheet of the same shape, so that boxes still fall right. */
function blank(item) {
  const { width, height } = item.result ?? {};
  const style = width ? { aspectRatio: `${width} / ${height}` } : {};
  return h("div", { class: "no-preview", style }, t(item.file ? "item.noPreview" : "item.gone"));
}

function box(result, face, index, choose) {
  const [x, y, width, height] = face.box;
  const share = (value, whole) => `${(100 * value) / whole}%`;
  const style = {
    left: share(x, result.width),
    top: share(y, result.height),
    width: share(width, result.width),
    height: share(height, result.height),
  };
  const words = t("face.button", { number: index + 1, label: t(`label.${face.label}`), figure: figure(face.label, face.probability_fake) });
  const attributes = { type: "button", class: y / result.height < 0.08 ? "box high" : "box", style };
  return h(
    "button",
    { ...attributes, "data-label": face.label, "aria-pressed": "false", "aria-label": words, onclick: () => choose(index) },
    h("span", { "aria-hidden": "true" }, result.faces.length > 1 ? `${index + 1} · ${t(`label.${face.label}`)}` : t(`label.${face.label}`)),
  );
}

/** The element, and `select(index)` that marks a face. */
export function picture(item, choose) {
  const boxes = item.result.faces.map((face, index) => box(item.result, face, index, choose));
  const stage = h("div", { class: "picture" }, preview(item), boxes);
  const select = (index) => boxes.forEach((each, place) => each.setAttribute("aria-pressed", String(place === index)));
  return { stage, select };
}
