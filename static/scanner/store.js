/* What stays on the phone: the queue, the list, what was scanned here, and a few facts. */
import { openDB } from "../vendor/idb.js";

const opened = openDB("scanner", 1, {
  upgrade(db) {
    db.createObjectStore("queue", { keyPath: "seq" });
    db.createObjectStore("list");
    db.createObjectStore("marks");
    db.createObjectStore("facts");
  },
});

export const get = async (store, key) => (await opened).get(store, key);
export const all = async (store) => (await opened).getAll(store);
export const count = async (store) => (await opened).count(store);
export const put = async (store, value, key) => (await opened).put(store, value, key);
export const remove = async (store, key) => (await opened).delete(store, key);
export const clear = async (store) => (await opened).clear(store);

/** Write several things at once, or none: `[store, value, key]` each, on disk when it returns. */
export const putTogether = async (lines) => {
  const stores = [...new Set(lines.map(([store]) => store))];
  const work = (await opened).transaction(stores, "readwrite", { durability: "strict" });
  await Promise.all([
    ...lines.map(([store, value, key]) => work.objectStore(store).put(value, key)),
    work.done,
  ]);
};
