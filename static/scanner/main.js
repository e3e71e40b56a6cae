/* Puts the parts together: a code comes in, is saved, is sent or decided here, and is told. */
import * as board from "./board.js";
import * as camera from "./camera.js";
import { serverTime } from "./clock.js";
import { clean } from "./code.js";
import * as list from "./list.js";
import * as queue from "./queue.js";
import { read, warmUp } from "./reader.js";
import { ADDRESSES, LONG, post, SHORT } from "./server.js";
import * as store from "./store.js";
import { flush } from "./upload.js";
import { decide, meant, remember } from "./verdict.js";
import { hour, say } from "./words.js";

const byId = (id) => document.getElementById(id);
/** Milliseconds for which the same code is passed over once it was accepted, and between two tries to send. */
const ONCE = 3000, RETRY = 30000;

let worker = false;
const lately = new Map();

const direction = () => document.querySelector("[name=direction]:checked").value;
const staysOffline = () => byId("stay-offline").checked;

/** Take a code from wherever it came; the one way in for camera, photo, keys and hand scanner. */
const onDecoded = async (raw) => {
  const text = clean(raw);
  const way = direction();
  const last = lately.get(`${way} ${text}`);
  if (!text || (last && (last.running || performance.now() - last.at < ONCE))) return;
  lately.set(`${way} ${text}`, { running: true });
  let taken = false;
  try {
    taken = await scan(text, way);
  } finally {
    lately.set(`${way} ${text}`, { running: false, at: taken ? performance.now() : -ONCE });
  }
};

const scan = async (text, way) => {
  const now = await serverTime();
  const place = meant(await list.places(text), way, now);
  const here = await decide(place, way, now);
  let item;
  try {
    item = await queue.add({ code: text, direction: way, shift: place?.shift.shift });
  } catch {
    board.showVerdict({ verdict: "refused", word: say("refused"), say: say("storage") });
    return false;
  }
  await count();
  const told = staysOffline() ? null : await answerTo(item);
  const verdict = told?.verdict ?? here.verdict;
  if (place && verdict === "accepted") await remember(place, way, now);
  board.showVerdict({
    verdict,
    word: say(told ? (told.verdict === "accepted" ? way : told.verdict) : here.word),
    name: told?.name ?? place?.person.name,
    unit: place?.person.unit,
    say: told ? told.message : [say(here.say, here.facts), here.verdict === "accepted" ? "" : say("kept")].join(" "),
  });
  return verdict === "accepted" || verdict === "held";
};

/** Send the queue; return the server's answer to this scan, null where it takes too long. */
const answerTo = async (item) => {
  const awaited = { key: item.key };
  const late = new Promise((resolve) => setTimeout(() => resolve((awaited.key = null)), SHORT));
  return (await Promise.race([send(SHORT, awaited), late]))?.answers.get(item.key) ?? null;
};

/** Send the queue and say what came of it; `awaited` is the scan whose answer is shown elsewhere. */
const send = async (patience = LONG, awaited = null) => {
  const result = await flush(patience);
  await count();
  await tell(result.state);
  for (const [key, told] of result.answers) {
    const isBad = told.isLast && (told.verdict === "refused" || told.verdict === "held");
    if (isBad && key !== awaited?.key) board.showLater(told);
  }
  return result;
};

const tell = async (state) => {
  const { others } = await queue.waiting();
  if (state === "login") board.showTrouble(say("login"), ADDRESSES.login);
  else if (state === "revoked") board.showTrouble(await store.get("facts", "revoked"));
  else if (state === "offline" || state === "later") board.showTrouble(say("offline_now"));
  else board.showTrouble(others ? say("other_owner", { count: others }) : "");
  await ready();
};

const count = async () => board.showCount((await queue.waiting()).all);

/** Say whether the phone would do without a signal, and until when. */
const ready = async () => {
  const found = await list.whole();
  if (!found) return board.showReady("", say((await list.isComing()) ? "ready_partly" : "ready_never"));
  if (!found.shifts.length) return board.showReady("info", say("ready_nothing"));
  if (Date.parse(found.until) < (await serverTime())) return board.showReady("", say("ready_over"));
  const people = found.shifts.reduce((sum, shift) => sum + shift.people.length, 0);
  const facts = { until: hour(found.until), shifts: found.shifts.length, people };
  return board.showReady(worker ? "ok" : "", say(worker ? "ready" : "ready_no_worker", facts));
};

/** Get everything that is needed without a signal: the page, the device's name, the list, the reader. */
const prepare = async () => {
  const answer = await list.fetchList();
  if (answer.status === 200 && !answer.body.device) await post(ADDRESSES.device, {});
  if (answer.status === 403 && answer.body?.error?.code === "device_revoked") {
    await list.wipe();
    await store.put("facts", answer.body.error.message, "revoked");
    return tell("revoked");
  }
  if (answer.status === 401) return tell("login");
  await warmUp().catch(() => {});
  return staysOffline() ? ready() : send();
};

const register = async () => {
  try {
    await navigator.serviceWorker.register(ADDRESSES.worker);
    await navigator.serviceWorker.ready;
    worker = true;
    await ready();
  } catch {
    worker = false; // no secure address, or WeChat: the page says so
  }
};

byId("camera").addEventListener("click", async () => {
  const label = byId("camera").querySelector("span");
  if (camera.isOpen()) {
    camera.close();
  } else {
    byId("lens").hidden = false;
    await camera.open(onDecoded).catch(() => board.showTrouble(say("camera_none")));
  }
  byId("lens").hidden = !camera.isOpen();
  label.textContent = say(camera.isOpen() ? "camera_close" : "camera_open");
});
byId("photo").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  const picture = await createImageBitmap(file).catch(() => null);
  const text = picture && (await read(picture, { hard: true }).catch(() => null));
  if (text) await onDecoded(text);
  else board.showVerdict({ verdict: "refused", word: say("refused"), say: say("photo_none") });
});
byId("typed").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("code").value;
  byId("code").value = "";
  await onDecoded(text);
});
document.addEventListener("keydown", (event) => { // a hand scanner types wherever the page stands
  const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
  if (plain && !event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select")) byId("code").focus();
});
byId("send").addEventListener("click", () => send());
byId("stay-offline").addEventListener("change", async () => {
  await store.put("facts", staysOffline(), "stays_offline");
  if (!staysOffline()) await prepare();
});
byId("leave").addEventListener("click", async () => {
  const { all } = await queue.waiting();
  if (all) await send();
  const left = (await queue.waiting()).all;
  if (left) board.showTrouble(say("leave_full", { count: left }));
  else location.assign("/");
});
window.addEventListener("beforeunload", (event) => {
  if (Number(byId("count").textContent) && !worker) event.preventDefault();
});
window.addEventListener("online", () => staysOffline() || send());
setInterval(async () => {
  if (!staysOffline() && (await queue.waiting()).all) await send();
}, RETRY);

byId("wechat").hidden = !/MicroMessenger/.test(navigator.userAgent);
byId("stay-offline").checked = Boolean(await store.get("facts", "stays_offline"));
await navigator.storage?.persist?.().catch(() => false);
await queue.note();
await count();
await ready();
register();
if (!staysOffline()) await prepare();
document.getElementById("scanner").dataset.started = "yes";
