/* The camera: ten pictures a second, started again when it goes dark. */
import { read } from "./reader.js";

const video = document.getElementById("video");
/** Milliseconds between two pictures, and without one until the camera is started again. */
const PAUSE = 100, DARK = 3000;
let stream = null, tell = null, timer = 0, lastFrame = 0;

export const isOpen = () => tell !== null;

/** Open the camera and call `found(text)` for each code; throws where there is none. */
export const open = async (found) => {
  tell = found;
  try {
    await start();
  } catch (fault) {
    close();
    throw fault;
  }
  look();
};

const start = async () => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  video.srcObject = stream;
  await video.play(); // WeChat on iOS shows nothing without it
  lastFrame = performance.now();
};

const look = async () => {
  if (!tell) return;
  if (video.readyState >= 2 && video.videoWidth) {
    lastFrame = performance.now();
    const text = await read(video).catch(() => null);
    if (text && tell) tell(text);
  } else if (performance.now() - lastFrame > DARK && !document.hidden) {
    await start().catch(() => {});
    lastFrame = performance.now();
  }
  timer = setTimeout(look, PAUSE);
};

export const close = () => {
  tell = null;
  clearTimeout(timer);
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
};

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && tell) start().catch(() => {}); // home-screen pages lose it behind others
});
