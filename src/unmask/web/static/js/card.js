/** One picture as a card: a header line (a tile in a grid), and a body that is created when it is first opened. */
import { baseRate } from "./base_rate.js";
import { cardActions } from "./card_actions.js";
import { clipDetails } from "./clip.js";
import { h } from "./dom.js";
import { exampleNote } from "./examples.js";
import { decidingFace } from "./headline.js";
import { heatmapControls } from "./heatmap_controls.js";
import { badge, labelOf, percent } from "./labels.js";
import { magnifier } from "./magnifier.js";
import { picture } from "./picture.js";
import { miniScale, scale } from "./scale.js";
import { served } from "./server_text.js";
import { signals } from "./signals.js";
import { t } from "./strings.js";
import { faces, facts, headline, meaning } from "./verdict.js";

/** Codes of problems that are in the file, which another try does not solve. */
const PERMANENT = ["not_an_image", "corrupt_image", "empty_file", "image_too_large"];

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
    this.check = h("input", { type: "checkbox", class: "card-check", "aria-label": t("item.select", { name: item.name }), onchange: () => this.select() });
    this.close = h("button", {
      type: "button",
      class: "quiet card-close",
      "aria-label": t("item.remove", { name: item.name }),
      onclick: () => items.remove([item]),
    }, "✕");
    this.state = h("div", { class: "card-state" });
    this.element = h("li", { class: "card" }, h("div", { class: "card-head" }, this.check, h("h3", {}, this.toggle), this.close), this.state);
    this.thumb = this.thumbnail();
    item.addEventListener("change", () => this.render());
    this.render();
  }

  thumbnail() {
    const { url, clip } = this.item;
    if (!url) return h("span", { class: "thumb" });
    if (clip) return h("video", { class: "thumb", src: url, muted: true, preload: "metadata", onerror: () => this.noThumb() });
    return h("img", { class: "thumb", src: url, alt: "", decoding: "async", onerror: () => this.noThumb() });
  }

  noThumb() {
    const blank = h("span", { class: "thumb" });
    this.thumb.replaceWith(blank);
    this.thumb = blank;
  }

  get opened() {
    return this.toggle.getAttribute("aria-expanded") === "true";
  }

  select() {
    this.item.change({ selected: this.check.checked });
  }

  render() {
    const { item } = this;
    const done = item.state === "done";
    this.check.checked = item.selected;
    if (this.drawn !== item.result) {
      this.body?.remove();
      this.body = null;
      this.drawn = item.result;
      this.open(false);
    }
    const label = done ? labelOf(item.result) : null;
    const scored = done && !item.result.problem && decidingFace(item.result);
    this.element.dataset.label = label ?? "";
    this.toggle.replaceChildren(
      this.thumb,
      done ? badge(label) : h("span", { class: "fine" }, stateWords(item)),
      h("span", { class: "card-name" }, item.name),
      h("span", { class: "card-mini" }, scored && miniScale(scored.probability_fake, item.result.thresholds)),
      h("span", { class: "card-figure" }, scored && label === "fake" && percent(scored.probability_fake)),
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
    if (item.state === "sending" || (item.state === "judging" && item.clip && item.progress < 1)) this.bar.value = item.progress;
    else this.bar.removeAttribute("value");
    if (this.bar.parentNode !== this.state) this.state.replaceChildren(this.bar, this.stop);
  }

  open(wanted = true) {
    if (wanted && this.item.state !== "done") return;
    if (wanted && !this.body) {
      this.body = this.item.result.problem ? this.problem() : this.details();
      this.element.append(this.body);
    }
    if (this.body) this.body.hidden = !wanted;
    this.element.classList.toggle("opened", wanted);
    this.toggle.setAttribute("aria-expanded", String(wanted));
  }

  againButton() {
    return h("button", { type: "button", class: "small", onclick: () => this.items.again(this.item) }, t("item.again"));
  }

  problem() {
    const words = h("p", { class: "problem-words" }, served(this.item.result.problem.message));
    const again = this.item.file && !PERMANENT.includes(this.item.result.problem.code) && this.againButton();
    return h("div", { class: "card-body" }, words, again);
  }

  details() {
    const { item } = this;
    const { result } = item;
    if (result.clip) return clipDetails(item, this.items);
    const parts = [];
    const choose = (index) => parts.forEach((part) => part.select(index));
    const drawn = picture(item, choose);
    const faceList = faces(result, choose);
    parts.push(drawn, faceList);
    const none = result.faces.length === 0;
    const heat = item.file && !none ? heatmapControls(item, drawn.stage) : null;
    const whole = h("button", { type: "button", onclick: () => this.items.again(item, { wholePicture: true }) }, t("verdict.wholePicture"));
    const body = h(
      "div",
      { class: "card-body" },
      h(
        "div",
        { class: "card-picture" },
        h("div", { class: "pictures" }, drawn.stage),
        drawn.note,
        h("div", { class: "row picture-tools" }, heat?.button, magnifier(item, drawn.stage)),
        heat?.element,
      ),
      h(
        "div",
        { class: "card-words" },
        headline(result),
        scale(result),
        none ? item.file && whole : faceList.elements,
        exampleNote(item),
        baseRate(decidingFace(result)?.probability_fake),
        cardActions(item, this.items),
        meaning(result),
      ),
      item.file && signals(item),
      facts(item),
    );
    if (!none) choose(Math.max(0, result.faces.indexOf(decidingFace(result))));
    return body;
  }
}
