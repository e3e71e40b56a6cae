/* Sends the queue in, in order, a batch at a time; what has no last word stays. */
import { noteSync, now } from "./clock.js";
import { whole, wipe } from "./list.js";
import * as queue from "./queue.js";
import { ADDRESSES, codeOf, LONG, post } from "./server.js";
import * as store from "./store.js";

/** Items of one batch, as the server takes them. */
const MOST = 100;
const LAST_WORDS = new Set(["accepted", "held", "refused", "duplicate"]);
const TRY_AGAIN = new Set(["server_error", "rate_limited"]);

let running = Promise.resolve();

/** Send what waits; return `{state, answers}`: `sent`, `offline`, `login`, `revoked`; answers by key. */
export const flush = (patience = LONG) => {
  const mine = running.then(() => navigator.locks.request("scanner-upload", () => send(patience)));
  running = mine.catch(() => {});
  return mine;
};

const send = async (patience) => {
  const answers = new Map();
  for (;;) {
    const items = await queue.head(MOST);
    const left = (await queue.waiting()).all - items.length;
    const list = await whole();
    const holds = list && list.since !== (await store.get("facts", "told")) ? list.shifts.map((each) => each.shift) : [];
    const answer = await post(ADDRESSES.scans, { items, left, holds, ...now() }, patience);
    const state = await stateOf(answer);
    if (state !== "sent") return { state, answers };
    await noteSync(answer.body);
    if (holds.length) await store.put("facts", list.since, "told");
    let gone = 0;
    for (const told of answer.body.items) {
      const item = items.find((each) => each.key === told.key);
      if (!item) continue;
      const isLast = LAST_WORDS.has(told.verdict) && !TRY_AGAIN.has(told.reason);
      answers.set(item.key, { ...told, at: item.device_ms, isLast });
      if (!isLast) continue;
      await queue.done(item);
      gone += 1;
    }
    if (items.length < MOST || !gone) return { state: gone < items.length ? "later" : "sent", answers };
  }
};

const stateOf = async (answer) => {
  if (answer.status === 200) return "sent";
  if (answer.status === 401) return "login";
  if (answer.status === 403 && codeOf(answer) === "device_revoked") {
    await wipe();
    await store.put("facts", answer.body.error.message, "revoked");
    return "revoked";
  }
  return answer.status === 0 ? "offline" : "later";
};
