/* Finds a QR code on a picture: the browser's own reader, else zxing-cpp as WebAssembly. */
import { ADDRESSES } from "./server.js";

let own = null, other = null;

/** Return the browser's reader, or null where it has none for QR codes. */
const ownReader = async () => {
  if (own !== null) return own || null;
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  own = formats?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : false;
  return own || null;
};

/** Return zxing's reader; its program is fetched from our own server on first use. */
const otherReader = async () => {
  other ??= import("../vendor/zxing/reader/index.js").then((zxing) => {
    zxing.prepareZXingModule({ overrides: { locateFile: () => ADDRESSES.wasm } });
    return zxing.readBarcodes;
  });
  return other;
};

/** Return the text of the QR code on a video, picture or canvas, or null. */
export const read = async (source, { hard = false } = {}) => {
  const reader = await ownReader();
  if (reader) {
    const [found] = await reader.detect(source).catch(() => []);
    if (found) return found.rawValue;
    if (!hard) return null;
  }
  const readBarcodes = await otherReader();
  const [found] = await readBarcodes(pixels(source), { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: hard });
  return found?.text ?? null;
};

const canvas = document.createElement("canvas");
/** The longest side on which is looked for a code; larger pictures are made smaller. */
const LARGEST = 1600;

const pixels = (source) => {
  const wide = source.videoWidth || source.width, high = source.videoHeight || source.height;
  const scale = Math.min(1, LARGEST / Math.max(wide, high));
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
};

/** Fetch all that is needed to read without a signal. */
export const warmUp = async () => {
  if (!(await ownReader())) await (await otherReader())(new ImageData(8, 8), { formats: ["QRCode"] });
};
