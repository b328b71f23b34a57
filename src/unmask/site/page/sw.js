/** Service worker: keeps the files of the site for visits without a network, and allows threads. */

const VERSION = "@VERSION@";
const FILES = "@FILES@".split(" ");
const OWN = "unmask-site-";
const NAME = `${OWN}${VERSION}`;
/** Headers with which browsers let WebAssembly use threads. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

async function install() {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OWN) && name !== NAME).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The kept file, else the one from the network, which is kept too. */
async function respond(request) {
  const cache = await caches.open(NAME);
  const wanted = request.mode === "navigate" ? "./" : request;
  let response = await cache.match(wanted, { ignoreSearch: true });
  if (!response) {
    response = await fetch(request);
    if (response.status === 200) await cache.put(request, response.clone());
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(self.registration.scope)) event.respondWith(respond(request));
});
