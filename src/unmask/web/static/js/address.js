/** A picture by its address on the web: the server loads it, if its operator allows that. */
import * as api from "./api.js";
import { dialog, h } from "./dom.js";
import { served } from "./server_text.js";
import { t } from "./strings.js";

export function openAddress(items) {
  const input = h("input", { type: "url", id: "address", required: true, placeholder: "https://", autocomplete: "off", inputmode: "url" });
  const problem = h("p", { class: "problem-words", role: "alert", hidden: true });
  const load = h("button", { class: "primary" }, t("address.load"));
  const form = h(
    "form",
    {},
    h("p", {}, t("address.lead")),
    h("div", { class: "field" }, h("label", { for: "address" }, t("address.label")), input),
    problem,
    h("div", { class: "row end" }, h("button", { type: "button", onclick: () => box.close() }, t("camera.close")), load),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = load.disabled = true;
    try {
      const { file, name } = await api.postForFile("v1/fetch", { url: input.value });
      box.close();
      items.add([{ file, name, address: input.value }]);
    } catch (error) {
      problem.replaceChildren(served(error.message));
      problem.hidden = false;
    }
    load.disabled = false;
  });
  const box = dialog(t("ways.address"), form);
  input.focus();
}
