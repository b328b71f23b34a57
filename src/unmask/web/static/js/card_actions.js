/** The actions of a card: one primary action, the others in a menu. */
import { postJson } from "./api.js";
import { h, toast } from "./dom.js";
import { menu } from "./menu.js";
import { reportActions } from "./report.js";
import { server } from "./server.js";
import { inLanguage } from "./server_text.js";
import { t } from "./strings.js";
import { verdictText } from "./verdict.js";

/** Pages of search engines that find where else a picture is. `upload` is for a file, `byAddress` for a picture from the web. */
const SEARCHES = [
  { name: "Google Lens", upload: "https://lens.google.com/", byAddress: "https://lens.google.com/uploadbyurl?url=" },
  { name: "TinEye", upload: "https://tineye.com/", byAddress: "https://tineye.com/search?url=" },
  { name: "Yandex", upload: "https://yandex.com/images/", byAddress: "https://yandex.com/images/search?rpt=imageview&url=" },
  { name: "Bing", upload: "https://www.bing.com/visualsearch", byAddress: "https://www.bing.com/images/search?view=detailv2&iss=sbi&q=imgurl:" },
];

const action = (words, act) => h("button", { type: "button", onclick: act }, words);

function copy(item) {
  if (!navigator.clipboard) return null;
  return action(t("copy.button"), async () => {
    await navigator.clipboard.writeText(verdictText(item));
    toast(t("copy.done"));
  });
}

/** Links that the user opens; nothing is sent from here. */
function searches({ address }) {
  const links = SEARCHES.map(({ name, upload, byAddress }) =>
    h("a", { href: address ? byAddress + encodeURIComponent(address) : upload, target: "_blank", rel: "noopener noreferrer" }, t("search.with", { name })),
  );
  return [h("p", { class: "menu-title" }, t("search.title")), links, !address && h("p", { class: "fine" }, t("search.upload"))];
}

function otherModels(item, items) {
  const others = (server.models ?? []).filter(({ sha256 }) => sha256 !== item.result.model.sha256 && sha256);
  if (!others.length || !server.choose_model || !item.file || item.clip) return [];
  const buttons = others.map(({ model }) => action(t("model.with", { name: model }), () => items.again(item, { model })));
  return [h("p", { class: "menu-title" }, t("model.title")), buttons];
}

/** Feedback, for verdicts that are stored in the history. */
function feedback({ result }) {
  if (!result.id || result.label === "no_face") return [];
  const give = (truth) => async () => {
    try {
      await postJson("v1/feedback", { id: result.id, truth });
      toast(t("feedback.done", { truth: t(`truth.${truth}`) }));
    } catch (error) {
      toast(t("error.title", { detail: inLanguage(error.message) }));
    }
  };
  const wrong = { fake: ["real"], real: ["fake"], unsure: ["real", "fake"] }[result.label];
  return [h("p", { class: "menu-title" }, t("feedback.title")), wrong.map((truth) => action(t(`feedback.${truth}`), give(truth)))];
}

/** The row of actions of a card. */
export function cardActions(item, items) {
  const wait = h("div", {});
  const [primary, ...reports] = item.file && !item.clip ? reportActions(item, wait) : [];
  const entries = [reports, copy(item), otherModels(item, items), feedback(item), item.file && !item.clip && searches(item)];
  return h("div", { class: "card-actions" }, h("div", { class: "row" }, primary, menu(t("menu.more"), entries, { text: t("menu.more") })), wait);
}
