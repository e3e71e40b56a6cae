/* Asks the server, with a limit to the waiting; what it refuses is an Answer, never an exception. */
import * as store from "./store.js";

const ADDRESSES = document.getElementById("scanner").dataset;
/** Milliseconds after which a scan is decided here, and a download given up. */
export const SHORT = 3000, LONG = 20000;

/** Ask; return `{status, body}`, status 0 where no answer came in time. */
export const ask = async (address, { body, patience = LONG } = {}) => {
  const headers = { Accept: "application/json" };
  const asked = { headers, signal: AbortSignal.timeout(patience), cache: "no-store" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = (await store.get("facts", "csrf")) ?? "";
    Object.assign(asked, { method: "POST", body: JSON.stringify(body) });
  }
  try {
    const response = await fetch(address, asked);
    if (response.redirected) return { status: 401, body: null };
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: null };
  }
};

export const codeOf = (answer) => answer.body?.error?.code;

/** Post; where the page's token has gone stale, fetch a new one and try once more. */
export const post = async (address, body, patience = LONG) => {
  const answer = await ask(address, { body, patience });
  if (answer.status !== 400 || codeOf(answer) !== "csrf") return answer;
  const fresh = await ask(`${ADDRESSES.roster}?limit=1`, { patience });
  if (fresh.status !== 200) return fresh;
  await store.put("facts", fresh.body.csrf, "csrf");
  return ask(address, { body, patience });
};

export { ADDRESSES };
