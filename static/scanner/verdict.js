/* What a phone without a signal can say, and no more: known, assigned, in time, not twice here.
   It cannot know of other phones, of cancellations since the list, of presence elsewhere. */
import * as store from "./store.js";
import { hour } from "./words.js";

const at = (text) => Date.parse(text);
const mark = ({ shift, person }) => `${shift.shift}:${person.token}`;

/** Return which of a person's shifts is meant now: the one that may be entered or left. */
export const meant = (places, direction, now) => {
  const fits = ({ shift }) =>
    direction === "in"
      ? at(shift.opens_at) <= now && now <= at(shift.in_until)
      : at(shift.opens_at) <= now && now <= at(shift.out_until);
  const far = ({ shift }) => Math.min(Math.abs(now - at(shift.opens_at)), Math.abs(now - at(shift.ends_at)));
  return places.find(fits) ?? [...places].sort((one, other) => far(one) - far(other))[0] ?? null;
};

/** Return `{verdict, word, say, facts}` of a scan; `place` is null for an unknown code. */
export const decide = async (place, direction, now) => {
  if (!place) return { verdict: "unknown", word: "unknown", say: "why_unknown" };
  const { shift, person } = place;
  const here = (await store.get("marks", mark(place))) ?? {};
  if (direction === "in") {
    if (now < at(shift.opens_at)) {
      return { verdict: "refused", word: "refused", say: "why_early", facts: { time: hour(shift.opens_at) } };
    }
    if (now > at(shift.in_until)) return { verdict: "unknown", word: "unknown", say: "why_late_in" };
    if (here.in && !here.out) return twice(here.in);
  } else {
    if (now > at(shift.out_until)) return { verdict: "unknown", word: "unknown", say: "why_late_out" };
    if (here.out) return twice(here.out);
    if (!here.in && person.state !== "open") return { verdict: "unknown", word: "unknown", say: "why_not_in" };
  }
  return { verdict: "accepted", word: direction, say: "kept" };
};

const twice = (moment) => ({
  verdict: "duplicate", word: "duplicate", say: "why_twice", facts: { time: hour(moment) },
});

/** Remember that a person was scanned here. */
export const remember = async (place, direction, now) => {
  const here = (await store.get("marks", mark(place))) ?? {};
  if (here[direction]) return;
  await store.put("marks", { ...here, [direction]: now }, mark(place));
};
