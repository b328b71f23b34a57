/** The review page: one picture at a time, with the keyboard or buttons. */
import { getBlob, getJson, postJson } from "./api.js";
import { announce, byId, h } from "./dom.js";
import { setUpFrame } from "./frame.js";
import { percent } from "./labels.js";
import { served } from "./server_text.js";
import { t } from "./strings.js";

const NAME = "unmask-reviewer";
const CHOICES = [
  { key: "r", choice: "real", kind: "", words: "review.real" },
  { key: "g", choice: "fake", kind: "generated", words: "review.generated" },
  { key: "m", choice: "fake", kind: "manipulated", words: "review.manipulated" },
  { key: "f", choice: "fake", kind: "", words: "review.fake" },
  { key: "c", choice: "cannot_tell", kind: "", words: "review.cannot_tell" },
  { key: "n", choice: "not_a_face", kind: "", words: "review.not_a_face" },
];

let current = null;
let busy = false;
let shownUrl = null;

const figure = (value) => (value === null ? t("figure.none") : t("figure.fake", { percent: percent(value) }));

function query() {
  const values = { limit: "1", reviewer: byId("reviewer").value.trim(), reviewers: byId("reviewers").value || "1" };
  return `v1/review?${new URLSearchParams(values)}`;
}

async function showNext() {
  const queue = await getJson(query());
  current = queue.items[0] ?? null;
  byId("counts").textContent = t("review.counts", queue);
  byId("figure").hidden = byId("choices").hidden = current === null;
  byId("decisions").textContent = "";
  if (current === null) {
    announce(t("review.none"));
    byId("decisions").textContent = t("review.none");
    return;
  }
  const picture = await getBlob(`v1/history/${current.id}/picture`);
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = URL.createObjectURL(picture);
  byId("picture").src = shownUrl;
  const words = { name: current.path ?? "–", label: t(`label.${current.label}`), figure: figure(current.probability_fake) };
  byId("caption").textContent = t("review.caption", { ...words, reason: t(`review.reason.${current.reason_for_review}`) });
  const others = current.decisions.map(({ reviewer, choice }) => `${reviewer}: ${t(`review.${choice}`)}`);
  if (others.length) byId("decisions").textContent = t("review.others", { others: others.join(", ") });
  announce(byId("caption").textContent);
}

async function run(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (error) {
    byId("decisions").replaceChildren(served(error.message));
  } finally {
    busy = false;
  }
}

function decide({ choice, kind }) {
  if (current === null) return;
  run(async () => {
    await postJson("v1/review", { id: current.id, choice, kind, reviewer: byId("reviewer").value.trim() });
    await showNext();
  });
}

byId("choices").append(
  ...CHOICES.map((each) => h("button", { type: "button", onclick: () => decide(each), "data-choice": each.key }, t(each.words), h("kbd", {}, each.key))),
);
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = CHOICES.find((each) => each.key === event.key.toLowerCase());
  if (found) decide(found);
});
byId("reviewer").value = localStorage.getItem(NAME) ?? "";
byId("settings").addEventListener("submit", (event) => event.preventDefault());
byId("settings").addEventListener("change", () => {
  localStorage.setItem(NAME, byId("reviewer").value.trim());
  run(showNext);
});
setUpFrame("nav.review");
byId("picture").alt = t("review.picture");
run(showNext);
