/** Results as files: JSON in the wire form, and CSV without spreadsheet formulas. */
import { h } from "./dom.js";

/** Download a file; `content` is text or bytes. */
export function save(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(":", "-");

export const saveJson = (results) => save(`unmask-${stamp()}.json`, "application/json", JSON.stringify(results, null, 2));

const COLUMNS = {
  path: (row) => row.path,
  label: (row) => row.label,
  probability_fake: (row) => row.probability_fake,
  faces: (row) => row.faces?.length,
  real_below: (row) => row.thresholds?.real_below,
  fake_above: (row) => row.thresholds?.fake_above,
  width: (row) => row.width,
  height: (row) => row.height,
  format: (row) => row.format,
  sha256: (row) => row.sha256,
  model: (row) => row.model?.name,
  model_version: (row) => row.model?.version,
  seconds: (row) => row.seconds,
  time: (row) => row.time,
  problem: (row) => row.problem?.code,
  message: (row) => row.problem?.message,
};

export function cell(value) {
  const text = String(value ?? "");
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function saveCsv(results) {
  const lines = [Object.keys(COLUMNS), ...results.map((row) => Object.values(COLUMNS).map((column) => column(row)))];
  save(`unmask-${stamp()}.csv`, "text/csv", `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`);
}
