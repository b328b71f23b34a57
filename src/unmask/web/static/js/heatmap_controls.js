/** The controls of a heat map: method, opacity, and the faithfulness test. */
import { sendWithProgress } from "./api.js";
import { h } from "./dom.js";
import { faithfulness } from "./faithfulness.js";
import { heatmapCanvas, heatmapLegend } from "./heatmap.js";
import { server } from "./server.js";
import { t } from "./strings.js";
import { stepsOf, withProgress } from "./progress.js";

class HeatmapControls {
  constructor(item, stage) {
    Object.assign(this, { item, stage, canvases: [], running: false });
    this.button = h("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggle() }, t("heat.show"));
    this.method = h("select", { "aria-label": t("heat.method"), onchange: () => this.hide() }, server.explanations.map((name) => h("option", {}, name)));
    this.slider = h("input", { type: "range", min: 0, max: 100, value: 75, "aria-label": t("heat.strength"), oninput: () => this.applyOpacity() });
    this.shows = h("p", { class: "fine" });
    this.test = h("button", { type: "button", class: "small", onclick: () => this.runTest() }, t("heat.test"));
    this.tested = h("div", {});
    this.wait = h("div", {});
    this.legend = h(
      "div",
      { class: "heat-legend", hidden: true },
      h("div", { class: "heat-scale" }, h("span", {}, t("heat.real")), heatmapLegend(), h("span", {}, t("heat.fake"))),
      this.slider,
      this.shows,
      h("p", { class: "fine" }, t("heat.words")),
      this.test,
      this.tested,
    );
    const row = h("div", { class: "row" }, this.button, server.explanations.length > 1 && this.method);
    this.element = h("div", { class: "heat-tools" }, row, this.legend, this.wait);
  }

  applyOpacity() {
    this.canvases.forEach((canvas) => (canvas.style.opacity = this.slider.value / 100));
  }

  hide() {
    this.canvases.splice(0).forEach((canvas) => canvas.remove());
    this.tested.replaceChildren();
    this.test.hidden = false;
    this.updateButton();
  }

  updateButton() {
    const shown = this.canvases.length > 0;
    this.legend.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    this.button.textContent = t(shown ? "heat.hide" : "heat.show");
  }

  async toggle() {
    if (this.canvases.length) return this.hide();
    const explanation = await this.explain(false);
    if (!explanation) return;
    this.shows.textContent = explanation.method_shows;
    this.canvases = explanation.faces.map((face) => heatmapCanvas(explanation, face));
    this.stage.append(...this.canvases);
    this.applyOpacity();
    this.updateButton();
  }

  async runTest() {
    const explanation = await this.explain(true);
    if (!explanation) return;
    this.test.hidden = true;
    this.tested.replaceChildren(faithfulness(explanation));
    this.tested.firstChild.focus({ preventScroll: true });
  }

  /** Request an explanation by the selected method; null if another request runs or this one was stopped. */
  async explain(tested) {
    if (this.running) return null;
    this.running = true;
    const { item, method } = this;
    const chosen = method.value;
    const controls = [this.button, this.method, this.test];
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

export const heatmapControls = (item, stage) => new HeatmapControls(item, stage).element;
