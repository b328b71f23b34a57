/** What the server says of itself; filled in once, before the page is used. */
import { getJson } from "./api.js";

export const server = { explanations: ["cam"], reports: [], falseAlarms: 0.01, card: null };

export async function meetServer() {
  const [about, { models }] = await Promise.all([getJson("v1/server"), getJson("v1/models")]);
  const card = models.find(({ active }) => active);
  Object.assign(server, about, { card, falseAlarms: card.thresholds.false_positive_rate ?? 0.01 });
}
