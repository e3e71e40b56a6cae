/* The list of the own shifts: fetched in parts, used only when whole. */
import { noteSync } from "./clock.js";
import { sealOf } from "./code.js";
import { ADDRESSES, ask } from "./server.js";
import * as store from "./store.js";

const WHOLE = "whole", COMING = "coming";
/** More shifts than that no phone takes along; it is ready until the last of them. */
const MOST = 300;
/** Milliseconds for which a broken-off download may be carried on. */
const STILL_GOOD = 600000;

/** Fetch the list; carry on where a download broke off. Return the last answer. */
export const fetchList = async () => {
  let coming = await store.get("list", COMING);
  if (!coming || Date.now() - coming.since > STILL_GOOD) coming = { since: Date.now(), shifts: [], next: ADDRESSES.roster };
  for (;;) {
    const answer = await ask(coming.next);
    if (answer.status !== 200) {
      if (answer.status === 404) await store.remove("list", COMING);
      return answer;
    }
    const part = answer.body;
    await noteSync(part);
    await store.put("facts", part.csrf, "csrf");
    await store.put("facts", part.owner, "owner");
    coming.shifts.push(...part.shifts);
    coming.next = part.next;
    coming.until = part.until;
    if (part.complete || coming.shifts.length >= MOST) {
      if (!part.complete) coming.until = coming.shifts.at(-1).starts_at;
      await store.put("list", { ...coming, owner: part.owner, complete: true }, WHOLE);
      await store.remove("list", COMING);
      return answer;
    }
    await store.put("list", coming, COMING);
  }
};

/** Return the whole list, or null: half a list is none. */
export const whole = async () => {
  const found = await store.get("list", WHOLE);
  return found?.complete ? found : null;
};

export const isComing = async () => Boolean(await store.get("list", COMING));

/** Remove all names from the phone; the queue and the chain stay. */
export const wipe = async () => {
  await store.clear("list");
  await store.clear("marks");
};

/** Return `{shift, person}` for every shift on whose list the code's person stands. */
export const places = async (text) => {
  const seal = await sealOf(text);
  const list = await whole();
  if (!seal || !list) return [];
  const isMeant = (person) =>
    seal.token ? person.token === seal.token : Boolean(person.code) && person.code === seal.code;
  return list.shifts.flatMap((shift) =>
    shift.people.filter(isMeant).map((person) => ({ shift, person })),
  );
};
