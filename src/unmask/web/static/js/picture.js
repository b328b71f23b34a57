/** The picture of a card: the preview, and a button on each face. */
import { h } from "./dom.js";
import { figure } from "./labels.js";
import { t } from "./strings.js";

const placeholder = () => h("div", { class: "no-preview" });

/** The picture, or a placeholder and a note with the reason. */
function preview(item, note) {
  note.hidden = Boolean(item.url);
  if (!item.url) return placeholder();
  const image = h("img", { src: item.url, alt: item.name, decoding: "async" });
  const showPlaceholder = () => {
    image.replaceWith(placeholder());
    note.hidden = false;
  };
  image.addEventListener("error", showPlaceholder, { once: true });
  return image;
}

const share = (value, whole) => `${(100 * value) / whole}%`;

function box(result, face, index, choose) {
  const [x, y, width, height] = face.box;
  const style = {
    left: share(x, result.width),
    top: share(y, result.height),
    width: share(width, result.width),
    height: share(height, result.height),
  };
  const words = t("face.button", { number: index + 1, label: t(`label.${face.label}`), figure: figure(face.probability_fake) });
  const attributes = { type: "button", class: y / result.height < 0.08 ? "box high" : "box", style };
  return h(
    "button",
    { ...attributes, "data-label": face.label, "aria-pressed": "false", "aria-label": words, onclick: () => choose(index) },
    result.faces.length > 1 && h("span", { "aria-hidden": "true" }, `${index + 1} · ${t(`label.${face.label}`)}`),
  );
}

/** A frame with the aspect ratio of the picture, as wide as its column and at most as high as three quarters of the window. */
export function frame({ width, height }, ...children) {
  const stage = h("div", { class: "picture" }, children);
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.setProperty("--ratio", String(width / height));
  return stage;
}

/** The stage with picture and boxes, a note, and `select(index)`, which highlights a face. */
export function picture(item, choose) {
  const boxes = item.result.faces.map((face, index) => box(item.result, face, index, choose));
  const note = h("p", { class: "fine" }, t(item.file ? "item.noPreview" : "item.gone"));
  const stage = frame(item.result, preview(item, note), boxes);
  const select = (index) => boxes.forEach((each, place) => each.setAttribute("aria-pressed", String(place === index)));
  return { stage, note, select };
}
