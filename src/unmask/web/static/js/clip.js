/** A judged video: player with boxes, headline, and a timeline of each face whose moments can be clicked. */
import { cardActions } from "./card_actions.js";
import { h } from "./dom.js";
import { decidingFace } from "./headline.js";
import { badge, figure, percent } from "./labels.js";
import { frame } from "./picture.js";
import { scale } from "./scale.js";
import { inLanguage } from "./server_text.js";
import { t } from "./strings.js";
import { timeline } from "./timeline.js";
import { facts, headline, meaning } from "./verdict.js";

/** Seconds around a judged frame in which its box is drawn. */
const NEAR = 0.6;

/** Seconds as minutes and seconds. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${Math.floor(10 * (seconds - whole))}`;
}

function thumbnail(track) {
  if (!track.thumbnail) return h("span", { class: "thumb" });
  const bytes = Uint8Array.from(atob(track.thumbnail), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
  return h("img", { class: "thumb", src: url, alt: "", onload: () => URL.revokeObjectURL(url) });
}

/** The boxes of the faces near the player's time. */
function drawBoxes(stage, video, { clip, width, height }) {
  stage.querySelectorAll(".box").forEach((box) => box.remove());
  const share = (value, whole) => `${(100 * value) / whole}%`;
  for (const track of clip.tracks) {
    const near = track.moments.reduce((best, moment) => (Math.abs(moment.time - video.currentTime) < Math.abs(best.time - video.currentTime) ? moment : best));
    if (Math.abs(near.time - video.currentTime) > NEAR) continue;
    const [x, y, w, h_] = near.box;
    const style = { left: share(x, width), top: share(y, height), width: share(w, width), height: share(h_, height) };
    stage.append(h("div", { class: "box", "data-label": track.label, style }, h("span", {}, percent(near.probability_fake))));
  }
}

function player(item) {
  const note = h("p", { class: "fine", hidden: Boolean(item.url) }, t(item.file ? "clip.noPreview" : "item.gone"));
  if (!item.url) return { video: null, stage: frame(item.result, h("div", { class: "no-preview" })), note };
  const video = h("video", { src: item.url, controls: true, playsinline: true, preload: "metadata", "aria-label": item.name });
  const stage = frame(item.result, video);
  video.addEventListener("error", () => (note.hidden = false), { once: true });
  for (const name of ["timeupdate", "seeked", "loadeddata"]) video.addEventListener(name, () => drawBoxes(stage, video, item.result));
  return { video, stage, note };
}

/** One face: its thumbnail at its most suspicious moment, its label, and its scores over time. */
function trackRow(track, index, result, seek) {
  const words = t("clip.peak", { time: clock(track.peak) });
  const go = h("button", { type: "button", class: "track-peak", "aria-label": `${t("face.name", { number: index + 1 })}: ${words}`, onclick: () => seek(track.peak) }, thumbnail(track));
  const about = h("p", {}, badge(track.label), " ", h("strong", {}, t("face.name", { number: index + 1 })), " ", figure(track.probability_fake), h("span", { class: "fine" }, ` · ${words}`));
  return h("li", { class: "track" }, go, h("div", {}, about, timeline(track, result, seek)));
}

/** The body of the card of a video. */
export function clipDetails(item, items) {
  const { result } = item;
  const { video, stage, note } = player(item);
  const seek = (time) => {
    if (!video) return;
    video.pause();
    video.currentTime = time;
    stage.scrollIntoView({ block: "nearest" });
  };
  const { duration, frames, damage, tracks } = result.clip;
  const summary = t("clip.summary", { duration: clock(duration), frames, faces: tracks.length }) + (damage ? ` ${t("clip.damage", { damage: inLanguage(damage) })}` : "");
  const rows = tracks.map((track, index) => trackRow(track, index, result, seek));
  return h(
    "div",
    { class: "card-body" },
    h("div", { class: "card-picture" }, stage, note),
    h("div", { class: "card-words" }, headline(result), scale(result), h("p", { class: "fine" }, summary), cardActions(item, items), meaning(result)),
    decidingFace(result) && h("section", { class: "tracks", "aria-label": t("clip.tracks") }, h("h4", {}, t("clip.tracks")), h("ol", {}, rows)),
    facts(item),
  );
}
