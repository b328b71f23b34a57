/** Judges a picture: with the model inside the extension, or with a server of one's own if its address is set. */
import { poolOf } from "../static/js/site.js";

const api = globalThis.browser ?? globalThis.chrome;

/** The address of the user's server without a final slash; empty for the model inside the extension. */
export async function serverAddress() {
  const { server = "" } = await api.storage.local.get("server");
  return server;
}

/** Set the address of a server, after asking the user for access to it; call it from a click. Returns whether it is set. */
export async function setServer(address) {
  if (address && !(await api.permissions.request({ origins: [`${new URL(address).origin}/*`] }))) return false;
  await api.storage.local.set({ server: address.replace(/\/+$/, "") });
  return true;
}

async function askServer(server, bytes, name) {
  const form = new FormData();
  form.append("files", new Blob([bytes]), name);
  const response = await fetch(`${server}/v1/detect?remember=false`, { method: "POST", body: form });
  const answer = await response.json().catch(() => ({}));
  const result = answer.results?.[0];
  if (!result || result.problem) throw new Error(result?.problem?.message ?? answer.detail ?? `HTTP ${response.status}`);
  return result;
}

/** The verdict on the bytes of a picture, in the wire form. */
export async function judge(bytes, name) {
  const server = await serverAddress();
  return server ? askServer(server, bytes, name) : (await poolOf()).detect(bytes.slice(0), name, {});
}
