/* Scans that the server has not answered yet: numbered, chained, on disk before anything else. */
import { lastSync, now } from "./clock.js";
import { sha256OfText } from "./code.js";
import * as store from "./store.js";

/** Where other pages look whether something waits here, before they let anybody log out. */
const NOTE = "scanner-queue";

const inTurn = (act) => navigator.locks.request("scanner-queue", act);

/** Put a scan into the queue and return it. Throws where the phone cannot save it. */
export const add = ({ code, direction, shift }) =>
  inTurn(async () => {
    const chain = (await store.get("facts", "chain")) ?? { seq: 0, hash: "" };
    const sync = await lastSync();
    const item = {
      key: crypto.randomUUID(),
      seq: chain.seq + 1,
      prev_hash: chain.hash,
      direction,
      token: code,
      shift: shift ?? null,
      ...now(),
      sync: sync ? { id: sync.id, device_ms: sync.device_ms, mono_ms: sync.mono_ms, page: sync.page } : null,
    };
    item.hash = await sha256OfText(line(item));
    const owner = (await store.get("facts", "owner")) ?? null;
    await store.putTogether([
      ["queue", { ...item, owner }],
      ["facts", { seq: item.seq, hash: item.hash }, "chain"],
    ]);
    await note();
    return item;
  });

/** Return what the hash covers; the server writes the same line (attendance/uploads.py). */
const line = (item) =>
  [item.prev_hash, item.seq, item.key, item.direction, item.token, item.shift ?? "", item.device_ms, item.mono_ms,
    item.page, item.sync?.id ?? ""].join("\n");

/** Return the first scans of whoever is logged in here, oldest first, as the server takes them. */
export const head = async (most) => {
  const owner = (await store.get("facts", "owner")) ?? null;
  const mine = (await store.all("queue")).filter((item) => item.owner === null || item.owner === owner);
  return mine.slice(0, most).map(({ owner: _, ...item }) => item);
};

/** Return how many wait: all of them, and those of other log-ins. */
export const waiting = async () => {
  const owner = (await store.get("facts", "owner")) ?? null;
  const items = await store.all("queue");
  return { all: items.length, others: items.filter((item) => item.owner !== null && item.owner !== owner).length };
};

/** Take a scan out: only after its own last word. */
export const done = async (item) => {
  await store.remove("queue", item.seq);
  await note();
};

export const note = async () => localStorage.setItem(NOTE, String(await store.count("queue")));
