/* What the page shows and how it sounds: always what was decided, never a guess. */
import { hour, say } from "./words.js";

const byId = (id) => document.getElementById(id);
const KINDS = { accepted: "ok", held: "wait", unknown: "wait", duplicate: "wait", refused: "bad" };
const TONES = { ok: [[880, 0.12]], wait: [[520, 0.12], [520, 0.12]], bad: [[220, 0.35]] };
const SHAKES = { ok: [60], wait: [60, 60, 60], bad: [250] };
/** Lines of what was scanned last. */
const LINES = 20;

let sound = null;

/** Show a verdict: `{verdict, word, name, unit, say}`; only now it sounds. */
export const showVerdict = (told) => {
  const kind = KINDS[told.verdict] ?? "bad";
  const panel = byId("verdict");
  panel.className = `panel told ${kind}`;
  panel.dataset.verdict = told.verdict;
  panel.querySelector(".word").textContent = told.word;
  panel.querySelector(".who").textContent = [told.name, told.unit].filter(Boolean).join(" · ");
  panel.querySelector(".say").textContent = told.say ?? "";
  panel.hidden = false;
  note(told.verdict, [hour(Date.now()), told.name, told.word]);
  ring(kind);
};

/** Say what the server has answered to an earlier scan: whoever stood there has gone, so only in the list. */
export const showLater = (told) => note(told.verdict, [hour(told.at), say(told.verdict), told.message]);

const note = (verdict, parts) => {
  const line = document.createElement("li");
  line.dataset.verdict = verdict;
  line.textContent = parts.filter(Boolean).join(" ");
  byId("log").prepend(line);
  while (byId("log").childElementCount > LINES) byId("log").lastElementChild.remove();
};

const ring = (kind) => {
  navigator.vibrate?.(SHAKES[kind]);
  try {
    sound ??= new AudioContext();
    let from = sound.currentTime;
    for (const [pitch, long] of TONES[kind]) {
      const tone = new OscillatorNode(sound, { frequency: pitch });
      tone.connect(sound.destination);
      tone.start(from);
      tone.stop(from + long);
      from += long + 0.06;
    }
  } catch {
    // No sound here: the colour and the words say it.
  }
};

export const showCount = (count) => {
  byId("count").textContent = String(count);
};

/** Say at the top how things stand; `kind` is ok, info, bad or nothing. */
export const showReady = (kind, text) => {
  byId("ready").className = `note ${kind}`;
  byId("ready").dataset.ready = kind;
  byId("ready").querySelector("span").textContent = text;
};

/** Say what is wrong, with a link where one helps; an empty text takes it away. */
export const showTrouble = (text, address = null) => {
  const place = byId("trouble").querySelector("span");
  byId("trouble").hidden = !text;
  place.textContent = text;
  if (text && address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    place.replaceChildren(link);
  }
};

export { say };
