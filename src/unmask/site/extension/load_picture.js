/** Loads the picture that the user chose, with no more rights than that picture needs. */

const api = globalThis.browser ?? globalThis.chrome;
const MAX_BYTES = 64 * 1048576;

/** The picture lies on a host that does not let other pages read it; the user can allow the extension to. */
export class NeedsPermission extends Error {
  constructor(origin) {
    super(origin);
    this.origin = origin;
  }
}

/** Runs in the page: reads the picture as the page itself could. */
async function readInPage(address) {
  try {
    const response = await fetch(address, { cache: "force-cache" });
    if (!response.ok) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  } catch {
    return null;
  }
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;

/** Through the page of the picture, which the click on the menu entry allows for this tab; null if that fails. */
async function throughPage({ address, tabId, frameId }) {
  try {
    const [{ result }] = await api.scripting.executeScript({ target: { tabId, frameIds: [frameId] }, func: readInPage, args: [address] });
    return result && fromBase64(result);
  } catch {
    return null;
  }
}

/** From the extension: picture data in the address itself, hosts that let everyone read, and hosts the user allowed. */
async function directly(address) {
  try {
    const response = await fetch(address, { credentials: "omit", cache: "force-cache" });
    return response.ok ? await response.arrayBuffer() : null;
  } catch {
    return null;
  }
}

/** The pattern of permissions for the host of an address. */
const patternOf = (address) => `${new URL(address).origin}/*`;

/** Let the user allow the extension to read pictures of one host; call it from a click. */
export const askPermission = (address) => api.permissions.request({ origins: [patternOf(address)] });

/** The bytes of a picture. Throws `NeedsPermission` if its host has to be allowed first. */
export async function loadPicture(wanted) {
  const bytes = (await throughPage(wanted)) ?? (await directly(wanted.address));
  if (bytes) {
    if (bytes.byteLength > MAX_BYTES) throw new Error(api.i18n.getMessage("tooLarge"));
    return bytes;
  }
  if (!/^https?:/.test(wanted.address)) throw new Error(api.i18n.getMessage("unreadable"));
  if (await api.permissions.contains({ origins: [patternOf(wanted.address)] })) throw new Error(api.i18n.getMessage("unreadable"));
  throw new NeedsPermission(new URL(wanted.address).origin);
}
