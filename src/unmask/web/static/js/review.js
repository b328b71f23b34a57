/** The review page: one picture at a time, with the keyboard or buttons. */
import { getBlob, getJson, postJson } from "./api.js";
import { announce, byId, h } from "./dom.js";
import { setUpTheme } from "./theme.js";

const NAME = "unmask-reviewer";
const CHOICES = [
  { key: "r", choice: "real", kind: "", words: "Real" },
  { key: "g", choice: "fake", kind: "generated", words: "Fake: generated face" },
  { key: "m", choice: "fake", kind: "manipulated", words: "Fake: manipulated" },
  { key: "f", choice: "fake", kind: "", words: "Fake, kind not clear" },
  { key: "c", choice: "cannot_tell", kind: "", words: "Cannot tell" },
  { key: "n", choice: "not_a_face", kind: "", words: "Not a face" },
];

let current = null;
let busy = false;
let shownUrl = null;

const percent = (value) => (value === null ? "no score" : `${(100 * Math.min(Math.max(value, 0.001), 0.999)).toFixed(1)} % fake`);

function query() {
  const values = { limit: "1", reviewer: byId("reviewer").value.trim(), reviewers: byId("reviewers").value || "1" };
  return `v1/review?${new URLSearchParams(values)}`;
}

async function showNext() {
  const queue = await getJson(query());
  current = queue.items[0] ?? null;
  byId("counts").textContent = `${queue.open} to review, ${queue.reviewed} reviewed, ${queue.disagreements} disagreements`;
  byId("figure").hidden = byId("choices").hidden = current === null;
  byId("decisions").textContent = "";
  if (current === null) {
    announce("Nothing to review. The server must keep pictures: unmask serve --keep-images");
    byId("decisions").textContent = "Nothing to review. Only pictures that the server keeps are listed (unmask serve --keep-images).";
    return;
  }
  const picture = await getBlob(`v1/history/${current.id}/picture`);
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = URL.createObjectURL(picture);
  byId("picture").src = shownUrl;
  byId("caption").textContent = `${current.path ?? "picture"}: ${current.label}, ${percent(current.probability_fake)} (${current.reason_for_review})`;
  const others = current.decisions.map((each) => `${each.reviewer}: ${each.choice.replaceAll("_", " ")}`);
  if (others.length) byId("decisions").textContent = `Other reviewers: ${others.join(", ")}`;
  announce(byId("caption").textContent);
}

async function run(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (error) {
    byId("decisions").textContent = error.message;
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
  ...CHOICES.map((each) => h("button", { type: "button", onclick: () => decide(each), "data-choice": each.key }, each.words, h("kbd", {}, each.key))),
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
setUpTheme();
run(showNext);
