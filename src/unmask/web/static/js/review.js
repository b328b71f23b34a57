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

const FETCHED = "100";

const seen = new Set();
let current = null;
let busy = false;
let stale = false;
let shownUrl = null;

const wordsOf = ({ choice, kind }) => t(CHOICES.find((each) => each.choice === choice && each.kind === kind).words);
const reviewer = () => byId("reviewer").value.trim();
const mark = (id) => `${reviewer()}/${id}`;
const figure = (value) => (value === null ? t("figure.none") : t("figure.fake", { percent: percent(value) }));

function query() {
  const values = { limit: FETCHED, reviewer: reviewer(), reviewers: byId("reviewers").value || "1" };
  if (byId("disagreements").checked) values.disagreements = "true";
  return `v1/review?${new URLSearchParams(values)}`;
}

async function showNext() {
  const queue = await getJson(query());
  current = queue.items.find(({ id }) => !seen.has(mark(id))) ?? null;
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
  const others = current.decisions.map((each) => `${each.reviewer}: ${wordsOf(each)}`);
  const disagreed = new Set(current.decisions.map(({ choice }) => choice)).size > 1;
  if (disagreed) byId("decisions").textContent = t("review.others", { others: others.join(", ") });
  announce(byId("caption").textContent);
}

function setBusy(value) {
  busy = value;
  byId("figure").setAttribute("aria-busy", String(value));
}

async function run(work) {
  if (busy) {
    stale ||= work === showNext;
    return;
  }
  setBusy(true);
  try {
    await work();
  } catch (error) {
    byId("decisions").replaceChildren(served(error.message));
  } finally {
    setBusy(false);
  }
  if (stale) {
    stale = false;
    run(showNext);
  }
}

function decide({ choice, kind }) {
  if (current === null) return;
  run(async () => {
    const decided = mark(current.id);
    await postJson("v1/review", { id: current.id, choice, kind, reviewer: reviewer() });
    seen.add(decided);
    await showNext();
  });
}

byId("choices").append(
  ...CHOICES.map((each) => h("button", { type: "button", onclick: () => decide(each), "data-choice": each.key }, t(each.words), h("kbd", {}, each.key))),
);
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input:not([type=checkbox])") || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = CHOICES.find((each) => each.key === event.key.toLowerCase());
  if (found) decide(found);
});
byId("reviewer").value = localStorage.getItem(NAME) ?? "";
byId("settings").addEventListener("submit", (event) => event.preventDefault());
byId("settings").addEventListener("change", () => {
  localStorage.setItem(NAME, reviewer());
  seen.clear();
  run(showNext);
});
setUpFrame("nav.review");
byId("picture").alt = t("review.picture");
await run(showNext);
document.body.dataset.ready = "yes";
