/* What this phone's clocks say, and what they said when the server last answered. */
import * as store from "./store.js";

/** One life of this page: after a reload its own clock begins anew. */
export const PAGE = crypto.randomUUID();
const SYNC = "sync";

/** Note an answer of the server; it names the moment and signs it. */
export const noteSync = (answer) => {
  const sync = { id: answer.sync_id, ...now(), server_at: answer.server_now };
  return store.put("facts", sync, SYNC);
};

/** Return the clocks as they stand: whole milliseconds. */
export const now = () => ({ device_ms: Date.now(), mono_ms: Math.round(performance.now()), page: PAGE });

export const lastSync = () => store.get("facts", SYNC);

/** Return the server's time now as this phone reckons it, for decisions without a signal. */
export const serverTime = async () => {
  const sync = await lastSync();
  if (!sync) return Date.now();
  return Date.parse(sync.server_at) + (Date.now() - sync.device_ms);
};
