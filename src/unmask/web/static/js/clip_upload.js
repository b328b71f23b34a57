/** Uploads a video: progress of the upload, then of the judged frames. A long one is a job. */
import * as api from "./api.js";
import { server } from "./server.js";
import { t } from "./strings.js";

const CLIPS = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|wmv|flv|3gp|ts)$/i;
export const isClip = (file, name) => file.type.startsWith("video/") || CLIPS.test(name);

/** Judge a video. `onProgress(state, share)` gets "sending" or "judging" and the finished fraction. */
export async function sendClip({ file, name }, { onProgress, signal }) {
  if (!server.clips) throw new Error(t("clip.off"));
  const found = await api.sendFollowed("v1/detect", file, name, {
    signal,
    onUpload: (share) => onProgress(share < 1 ? "sending" : "judging", share < 1 ? share : 0),
    onProgress: ({ done, total }) => onProgress("judging", total ? Math.min(0.99, done / total) : 1),
  });
  const [result] = found.results;
  return result;
}
