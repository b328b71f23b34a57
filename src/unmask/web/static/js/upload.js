/** Ways to upload pictures: files, folders, drag and drop, clipboard, examples. */
import { byId, toast } from "./dom.js";
import { showExamples } from "./examples.js";
import { t } from "./strings.js";

const PICTURES = /\.(jpe?g|jpe|jfif|png|webp|bmp|tiff?|gif|avif|hei[cf])$/i;
const named = (file) => ({ file, name: file.webkitRelativePath || file.name || "picture" });

/** The pictures of a folder. Other files, and files that cannot be read, are counted in a message. */
function picturesOf(files) {
  const pictures = files.filter(({ file }) => file && (PICTURES.test(file.name) || file.type.startsWith("image/")));
  if (!pictures.length) toast(t("folder.none"));
  else if (pictures.length < files.length) toast(t("folder.skipped", { count: files.length - pictures.length }));
  return pictures;
}

async function readFolder(entry) {
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return found;
    for (const each of some) found.push(...(await readEntry(each)));
  }
}

async function readEntry(entry) {
  if (entry.isDirectory) return readFolder(entry);
  const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
  return [{ file, name: entry.fullPath.replace(/^\//, "") }];
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files].map(named);
  const found = [];
  for (const entry of entries) found.push(...(await readEntry(entry)));
  return picturesOf(found);
}

function listenForDrops(items) {
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dragging", depth > 0);
  };
  document.addEventListener("dragenter", () => mark(1));
  document.addEventListener("dragleave", () => mark(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    mark(0);
    items.add(await dropped(event.dataTransfer));
  });
}

async function pasted() {
  try {
    const found = [];
    for (const entry of await navigator.clipboard.read()) {
      const type = entry.types.find((each) => each.startsWith("image/"));
      if (type) found.push({ file: await entry.getType(type), name: `pasted.${type.split("/")[1]}` });
    }
    if (!found.length) toast(t("paste.nothing"));
    return found;
  } catch {
    toast(t("paste.refused"));
    return [];
  }
}

function listenForPastes(items) {
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) items.add(files.map(named));
    else if (!event.target.closest("input, textarea")) toast(t("paste.nothing"));
  });
  byId("paste").addEventListener("click", async () => items.add(await pasted()));
}

function takeFiles(items) {
  for (const [button, input] of [["pick", "files"], ["pick-folder", "folder"]]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", ({ target }) => {
      const files = [...target.files].map(named);
      items.add(input === "folder" ? picturesOf(files) : files);
      target.value = "";
    });
  }
}

export async function setUpUpload(items) {
  takeFiles(items);
  listenForDrops(items);
  listenForPastes(items);
  await showExamples(items);
}
