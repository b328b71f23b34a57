/** Information about the server, loaded once at the start. */
import { getJson } from "./api.js";

export const server = { explanations: ["cam"], reports: [], models: [], falseAlarms: 0.01, card: null };

export async function loadServerInfo() {
  const [about, { models }] = await Promise.all([getJson("v1/server"), getJson("v1/models")]);
  const card = models.find(({ active }) => active);
  Object.assign(server, about, { card, models, falseAlarms: card.thresholds.false_positive_rate ?? 0.01 });
}
