/* Keeps the scanner's page and files, so that it opens without a signal. KEPT stands above. */
const CACHE = `scanner-${KEPT.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      Promise.all(
        KEPT.files.map(async (address) => {
          const answer = await fetch(new Request(address, { cache: "reload" }));
          if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`);
          await cache.put(address, answer);
        }),
      ),
    ).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("scanner-") && name !== CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  const address = mode === "navigate" ? pathname : pathname + search;
  if (!KEPT.files.includes(address)) return;
  event.respondWith(caches.match(address).then((kept) => kept ?? fetch(event.request)));
});
