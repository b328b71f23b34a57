/** The controls of a heat map: method, place, opacity; each map is tested at once and grayed if it fails its test. */
import { sendWithProgress } from "./api.js";
import { h } from "./dom.js";
import { faithfulness, passes } from "./faithfulness.js";
import { heatmapCanvas, heatmapLegend } from "./heatmap.js";
import { frame } from "./picture.js";
import { server } from "./server.js";
import { t } from "./strings.js";
import { stepsOf, withProgress } from "./progress.js";

class HeatmapControls {
  constructor(item, stage) {
    Object.assign(this, { item, stage, canvases: [], running: false, besides: null });
    this.button = h("button", { type: "button", class: "small", "aria-expanded": "false", onclick: () => this.toggle() }, t("heat.show"));
    const names = server.explanations.map((name) => h("option", { value: name }, t(`method.${name}`)));
    this.method = h("select", { "aria-label": t("heat.method"), onchange: () => this.changeMethod() }, names);
    this.slider = h("input", { type: "range", min: 0, max: 100, value: 75, "aria-label": t("heat.strength"), oninput: () => this.applyOpacity() });
    this.place = h("input", { type: "checkbox", onchange: () => this.arrange() });
    this.shows = h("p", { class: "fine" });
    this.tested = h("div", {});
    this.wait = h("div", {});
    this.legend = h(
      "div",
      { class: "heat-legend", hidden: true },
      h("div", { class: "heat-scale" }, h("span", {}, t("heat.real")), heatmapLegend(), h("span", {}, t("heat.fake"))),
      h("div", { class: "row heat-options" }, names.length > 1 && this.method, this.slider, h("label", { class: "check" }, this.place, t("heat.beside"))),
      this.shows,
      h("p", { class: "fine" }, t("heat.words")),
      this.tested,
    );
    this.element = h("div", { class: "heat-tools" }, this.legend, this.wait);
  }

  applyOpacity() {
    this.canvases.forEach((canvas) => (canvas.style.opacity = this.slider.value / 100));
  }

  hide() {
    this.canvases.splice(0).forEach((canvas) => canvas.remove());
    this.tested.replaceChildren();
    this.arrange();
    this.updateButton();
  }

  changeMethod() {
    this.hide();
    this.show();
  }

  updateButton() {
    const shown = this.canvases.length > 0;
    this.legend.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    this.button.textContent = t(shown ? "heat.hide" : "heat.show");
  }

  /** Put the maps over the picture, or over a gray copy beside it. */
  arrange() {
    this.besides?.remove();
    this.besides = null;
    if (this.place.checked && this.canvases.length) {
      const image = this.stage.querySelector("img");
      this.besides = frame(this.item.result, image ? h("img", { class: "gray", src: image.src, alt: "" }) : h("div", { class: "no-preview" }));
      this.stage.after(this.besides);
    }
    (this.besides ?? this.stage).append(...this.canvases);
    this.stage.parentNode.classList.toggle("two", this.besides !== null);
  }

  toggle() {
    return this.canvases.length ? this.hide() : this.show();
  }

  async show() {
    const explanation = await this.explain(false);
    if (!explanation) return;
    this.shows.textContent = t(`method.${explanation.method}.shows`);
    this.canvases = explanation.faces.map((face) => heatmapCanvas(explanation, face));
    this.arrange();
    this.applyOpacity();
    this.updateButton();
    await this.test();
  }

  /** Test the maps; gray those that do no better than chance. */
  async test() {
    if (!server.reports.length) return;
    const canvases = [...this.canvases];
    const explanation = await this.explain(true);
    if (!explanation || canvases[0] !== this.canvases[0]) return;
    explanation.faces.forEach((face, index) => canvases[index].classList.toggle("failed", !passes(face.faithfulness)));
    this.tested.replaceChildren(faithfulness(explanation));
  }

  /** Request an explanation by the selected method; null if another request runs or this one was stopped. */
  async explain(tested) {
    if (this.running) return null;
    this.running = true;
    const { item, method } = this;
    const chosen = method.value;
    const controls = tested ? [this.method] : [this.button, this.method];
    const focused = document.activeElement;
    controls.forEach((control) => (control.disabled = true));
    const path = `v1/explain?method=${chosen}&faithfulness=${tested}`;
    const found = await withProgress(this.wait, stepsOf(item.result, chosen, tested), (watch) => sendWithProgress(path, item.file, item.name, watch));
    controls.forEach((control) => (control.disabled = false));
    if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
    this.running = false;
    if (found?.results[0].problem) throw new Error(found.results[0].problem.message);
    return found && found.results[0];
  }
}

/** `{button, element}`: the button that shows the map, and the controls below the picture. */
export const heatmapControls = (item, stage) => new HeatmapControls(item, stage);
