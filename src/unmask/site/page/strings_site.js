/** Texts of the site that differ from those of the server's page: nothing is uploaded here. */
import { strings } from "./strings.js";

Object.assign(strings, {
  foot: "unmask {version} · model {model} {modelVersion} · pictures never leave this device · a verdict is evidence, never proof",
  "foot.explorer": "How to read a verdict",
  "hero.lead":
    "Choose a picture. For each face you see whether it is real or a deepfake, and how sure that is. The model runs in this browser: no picture leaves your device, and the page works without a network after the first visit.",
  limits: "JPEG, PNG, WebP, AVIF, GIF, BMP · up to {mb} MB each · original files give better results than screenshots",
  "state.sending": "Reading",
  "state.judging": "Judging on this device",
  "item.lost": "The browser cannot run the model. Reload the page, or use a current browser.",
  "wait.begin": "Computing the heat map",
  "wait.bar": "Progress",
  "made.title": "A report with all evidence needs unmask on a computer: unmask report FILE",
  "help.lead":
    "A model that was trained on many real and fake faces computes the probability that a face is fake. Everything runs in this browser.",
  "key.lead": "",
  "site.model": "Model",
  "site.modelChoice": "{name} ({mb} MB)",
  "site.modelWait": "Loading the model…",
  "site.offline": "This page now works without a network.",
  "site.update": "A new version of this page is ready. Close all its tabs to use it.",
  "site.onlyServer": "This needs unmask on a computer: start `unmask serve` there and open its page.",
  "site.historyTitle": "History",
  "site.history":
    "This page stores nothing: verdicts are gone when you close it. Save them as JSON or CSV. A history is part of unmask on a computer (unmask serve).",
  "site.signals":
    "Content Credentials, metadata, JPEG structure and noise are read by unmask on a computer: unmask detect FILE --signals, or unmask serve.",
});
