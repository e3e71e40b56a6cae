/* Reads what a code says, as far as this phone can: whose it is, never whether it is genuine. */
const PERSONAL = 3;
/** What people read where a short code has only the other (volunteer/people/rules.py). */
const READ_AS = { B: "8", S: "5", Z: "2", U: "V" };

/** Return the text without what cameras and scanners put around it. */
export const clean = (text) =>
  String(text).replace(/^\\0000\d\d/, "").replace(/[\u0000-\u001f\u007f]/g, "").trim().slice(0, 200);

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));
export const sha256OfText = (text) => sha256(new TextEncoder().encode(text));

/** Return the bytes of a token, or null. */
const bytesOf = (token) => {
  try {
    const raw = atob(token.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
};

/** Return `{token}` or `{code}`: the seal under which a list knows the person; null for others. */
export const sealOf = async (text) => {
  const token = /(?:\/q\/|^)([A-Za-z0-9_-]{38,60})$/.exec(text)?.[1];
  const bytes = token && bytesOf(token);
  if (bytes && bytes.length > 10 && bytes[1] >> 4 === PERSONAL) {
    return { token: (await sha256(bytes.slice(2, 10))).slice(0, 16) };
  }
  const typed = text.normalize("NFKC").toUpperCase().replace(/[\s._‐‑–—-]/g, "").replace(/[BSZU]/g, (letter) => READ_AS[letter]);
  if (/^[0-9A-Z]{8}$/.test(typed)) return { code: (await sha256OfText(typed)).slice(0, 16) };
  return null;
};
