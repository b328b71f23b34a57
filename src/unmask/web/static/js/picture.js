/** The picture of a card: the preview, and a button on each face. */
import { h } from "./dom.js";
import { figure } from "./labels.js";
import { t } from "./strings.js";

/** A placeholder of the same aspect ratio, for a picture that the browser cannot show. */
function placeholder({ result }) {
  return h("div", { class: "no-preview", style: { aspectRatio: `${result.width} / ${result.height}` } });
}

/** The picture, or a placeholder and a note with the reason. */
function preview(item, note) {
  note.hidden = Boolean(item.url);
  if (!item.url) return placeholder(item);
  const image = h("img", { src: item.url, alt: item.name });
  const showPlaceholder = () => {
    image.replaceWith(placeholder(item));
    note.hidden = false;
  };
  image.addEventListener("error", showPlaceholder, { once: true });
  return image;
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

/** The stage with picture and boxes, a note, and `select(index)`, which highlights a face. */
export function picture(item, choose) {
  const boxes = item.result.faces.map((face, index) => box(item.result, face, index, choose));
  const note = h("p", { class: "fine" }, t(item.file ? "item.noPreview" : "item.gone"));
  const stage = h("div", { class: "picture" }, preview(item, note), boxes);
  const select = (index) => boxes.forEach((each, place) => each.setAttribute("aria-pressed", String(place === index)));
  return { stage, note, select };
}
