/* The words of the page, so that every sentence stands in the translations. */
const known = Object.fromEntries(
  [...document.querySelectorAll("#words [data-word]")].map((each) => [each.dataset.word, each.textContent]),
);

/** Return a sentence with its facts filled in: `say("ready", {shifts: 3})`. */
export const say = (name, facts = {}) =>
  (known[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => facts[key] ?? whole);

/** Tell a time of day; another day is told too. */
export const hour = (moment) => {
  const at = new Date(moment);
  const time = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : `${at.getMonth() + 1}-${at.getDate()} ${time}`;
};
