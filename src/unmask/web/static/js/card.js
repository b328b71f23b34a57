/** One picture as a card: a header line, and a body that is created when it is first opened. */
import { h } from "./dom.js";
import { exampleNote } from "./examples.js";
import { heatmapControls } from "./heatmap_controls.js";
import { badge, figure, labelOf } from "./labels.js";
import { picture } from "./picture.js";
import { reportTools } from "./report.js";
import { miniScale } from "./scale.js";
import { signals } from "./signals.js";
import { t } from "./strings.js";
import { copyButton, faces, facts, feedback, headline, meaning, pictureScale } from "./verdict.js";

function stateWords(item) {
  if (item.state === "sending") return t("state.sending", { percent: `${Math.round(100 * item.progress)} %` });
  if (item.state === "busy") return t("state.busy", { seconds: item.wait });
  return t(`state.${item.state}`);
}

export class Card {
  constructor(item, items) {
    this.item = item;
    this.items = items;
    this.body = null;
    this.toggle = h("button", { type: "button", class: "card-toggle", "aria-expanded": "false", onclick: () => this.open(!this.opened) });
    this.close = h("button", {
      type: "button",
      class: "quiet card-close",
      "aria-label": t("item.remove", { name: item.name }),
      onclick: () => items.remove([item]),
    }, "✕");
    this.state = h("div", { class: "card-state" });
    this.element = h("li", { class: "card" }, h("div", { class: "card-head" }, h("h3", {}, this.toggle), this.close), this.state);
    this.thumb = item.url ? h("img", { class: "thumb", src: item.url, alt: "", onerror: () => this.noThumb() }) : h("span", { class: "thumb" });
    item.addEventListener("change", () => this.render());
    this.render();
  }

  noThumb() {
    const blank = h("span", { class: "thumb" });
    this.thumb.replaceWith(blank);
    this.thumb = blank;
  }

  get opened() {
    return this.toggle.getAttribute("aria-expanded") === "true";
  }

  render() {
    const { item } = this;
    const done = item.state === "done";
    if (this.drawn !== item.result) {
      this.body?.remove();
      this.body = null;
      this.drawn = item.result;
      this.toggle.setAttribute("aria-expanded", "false");
    }
    const label = done ? labelOf(item.result) : null;
    const scored = done && !item.result.problem && item.result.probability_fake !== null;
    this.element.dataset.label = label ?? "";
    this.toggle.replaceChildren(
      this.thumb,
      done ? badge(label) : h("span", { class: "fine" }, stateWords(item)),
      h("span", { class: "card-name" }, item.name),
      h("span", { class: "card-mini" }, scored && miniScale(item.result.probability_fake, item.result.thresholds)),
      h("span", { class: "card-figure" }, scored && figure(label, item.result.probability_fake)),
    );
    this.toggle.disabled = !done;
    this.renderState(done);
  }

  renderState(done) {
    this.state.hidden = done || this.item.state === "queued";
    if (this.state.hidden) return;
    const { item } = this;
    if (!item.open) {
      this.state.replaceChildren(...(item.file ? [this.againButton()] : []));
      return;
    }
    if (!this.bar) {
      this.bar = h("progress", { max: 1, "aria-label": item.name });
      this.stop = h("button", { type: "button", class: "small", onclick: () => item.cancel() }, t("item.cancel"));
    }
    this.stop.hidden = item.job !== null;
    if (item.state === "sending") this.bar.value = item.progress;
    else this.bar.removeAttribute("value");
    if (this.bar.parentNode !== this.state) this.state.replaceChildren(this.bar, this.stop);
  }

  open(wanted = true) {
    if (this.item.state !== "done") return;
    if (wanted && !this.body) {
      this.body = this.item.result.problem ? this.problem() : this.details();
      this.element.append(this.body);
    }
    if (this.body) this.body.hidden = !wanted;
    this.toggle.setAttribute("aria-expanded", String(wanted));
  }

  againButton() {
    return h("button", { type: "button", class: "small", onclick: () => this.items.again(this.item) }, t("item.again"));
  }

  problem() {
    const words = h("p", { class: "problem-words" }, this.item.result.problem.message, " ", this.item.file && this.againButton());
    return h("div", { class: "card-body" }, words);
  }

  details() {
    const { item } = this;
    const { result } = item;
    const parts = [];
    const choose = (index) => parts.forEach((part) => part.select(index));
    const drawn = picture(item, choose);
    const faceList = faces(result, choose);
    parts.push(drawn, faceList);
    const whole = h("button", { type: "button", onclick: () => this.items.again(item, true) }, t("verdict.wholePicture"));
    const none = result.faces.length === 0;
    const body = h(
      "div",
      { class: "card-body" },
      h("div", {}, drawn.stage, drawn.note, item.file && !none && heatmapControls(item, drawn.stage)),
      h(
        "div",
        {},
        headline(result),
        exampleNote(item),
        pictureScale(result),
        none ? item.file && whole : faceList.elements,
        meaning(result),
        facts(item),
        item.file && reportTools(item),
        h("div", { class: "row card-tools" }, copyButton(item), feedback(result)),
      ),
      item.file && signals(item),
    );
    if (!none) choose(Math.max(0, result.faces.findIndex((face) => face.probability_fake === result.probability_fake)));
    return body;
  }
}
