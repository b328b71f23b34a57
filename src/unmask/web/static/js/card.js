/** One picture as a card: a line that is always there, and a body that is made when it is first opened. */
import { h } from "./dom.js";
import { OPEN } from "./items.js";
import { badge, figure, labelOf } from "./labels.js";
import { heatTools, picture } from "./picture.js";
import { miniScale } from "./scale.js";
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
    this.thumb = h("img", { class: "thumb", src: item.url, alt: "", onerror: () => this.noThumb() });
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
    this.state.hidden = done;
    if (done) return;
    const { item } = this;
    if (!OPEN.includes(item.state)) {
      this.state.replaceChildren(h("button", { type: "button", class: "small", onclick: () => this.items.again(item) }, t("item.again")));
      return;
    }
    if (!this.bar) {
      this.bar = h("progress", { max: 1, "aria-label": item.name });
      this.stop = h("button", { type: "button", class: "small", onclick: () => item.cancel() }, t("item.cancel"));
    }
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

  problem() {
    const again = h("button", { type: "button", class: "small", onclick: () => this.items.again(this.item) }, t("item.again"));
    return h("div", { class: "card-body" }, h("p", { class: "problem-words" }, this.item.result.problem.message, " ", again));
  }

  details() {
    const { item } = this;
    const { result } = item;
    const parts = [];
    const choose = (index) => parts.forEach((part) => part.select(index));
    const drawn = picture(item, choose);
    const told = faces(result, choose);
    parts.push(drawn, told);
    const whole = h("button", { type: "button", onclick: () => this.items.again(item, true) }, t("verdict.wholePicture"));
    const none = result.faces.length === 0;
    const body = h(
      "div",
      { class: "card-body" },
      h("div", {}, drawn.stage, !none && heatTools(item, drawn.stage)),
      h(
        "div",
        {},
        headline(result),
        pictureScale(result),
        none ? whole : told.elements,
        meaning(result),
        facts(item),
        h("div", { class: "row card-tools" }, copyButton(item), feedback(result)),
      ),
    );
    if (!none) choose(Math.max(0, result.faces.findIndex((face) => face.probability_fake === result.probability_fake)));
    return body;
  }
}
