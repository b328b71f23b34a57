/** The picture of a card: the preview, a button on each face, and the heat map over it. */
import { sendPicture } from "./api.js";
import { h, toast } from "./dom.js";
import { heatCanvas, heatLegend } from "./heat.js";
import { figure } from "./labels.js";
import { server } from "./server.js";
import { t } from "./strings.js";

function preview(item) {
  const image = h("img", { src: item.url, alt: item.name });
  image.addEventListener("error", () => image.replaceWith(blank(item)), { once: true });
  return image;
}

/** In place of a format the browser cannot show: a sheet of the same shape, so that boxes still fall right. */
function blank(item) {
  const { width, height } = item.result ?? {};
  const style = width ? { aspectRatio: `${width} / ${height}` } : {};
  return h("div", { class: "no-preview", style }, t("item.noPreview"));
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

/** The controls of the heat map over `stage`. */
export function heatTools(item, stage) {
  let canvases = [];
  const slider = h("input", { type: "range", min: 0, max: 100, value: 75, "aria-label": t("heat.strength") });
  const method = h("select", { "aria-label": t("heat.method") }, server.explanations.map((name) => h("option", {}, name)));
  const shows = h("p", { class: "fine" });
  const legend = h(
    "div",
    { hidden: true },
    h("div", { class: "heat-scale" }, h("span", {}, t("heat.real")), heatLegend(), h("span", {}, t("heat.fake"))),
    slider,
    shows,
    h("p", { class: "fine" }, t("heat.words")),
  );
  const button = h("button", { type: "button", "aria-expanded": "false" }, t("heat.show"));
  const fade = () => canvases.forEach((canvas) => (canvas.style.opacity = slider.value / 100));

  async function show() {
    const explanation = await sendPicture(`v1/explain?method=${method.value}`, item.file, item.name);
    shows.textContent = explanation.method_shows;
    canvases = explanation.faces.map((face) => heatCanvas(explanation, face));
    stage.append(...canvases);
    fade();
  }

  async function toggle() {
    const opening = canvases.length === 0;
    button.disabled = true;
    try {
      if (opening) await show();
      else canvases.splice(0).forEach((canvas) => canvas.remove());
    } catch (error) {
      toast(t("error.title", { detail: error.message }));
    }
    button.disabled = false;
    legend.hidden = canvases.length === 0;
    button.setAttribute("aria-expanded", String(canvases.length > 0));
    button.textContent = t(canvases.length ? "heat.hide" : "heat.show");
  }

  button.addEventListener("click", toggle);
  slider.addEventListener("input", fade);
  return h("div", { class: "heat-tools" }, h("div", { class: "row" }, button, server.explanations.length > 1 && method), legend);
}
