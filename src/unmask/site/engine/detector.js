/** The detector: from the bytes of a picture to a verdict or a heat map, without a server. */
import { readCard } from "./card.js";
import { FaceCheck } from "./faces/face_check.js";
import { FaceDetector } from "./faces/face_detector.js";
import { smallestFace } from "./faces/tiles.js";
import { openPicture } from "./picture.js";
import { extractPatches, faceRegion, squareCrop, toModelInput, WHOLE_INPUT } from "./preprocessing.js";
import { loadSession } from "./session.js";
import { reencodings } from "./stability.js";
import { judgeFace, pictureLabel } from "./verdict.js";

const CAM_SHOWS = "what each place adds to the score, computed by the model itself";

export class Detector {
  /** `session` is the model, `faceDetector` finds the faces. */
  constructor(session, faceDetector) {
    Object.assign(this, { session, faceDetector, card: readCard(session.metadata) });
    this.model = { name: this.card.name, version: this.card.version, sha256: session.sha256 };
  }

  /** Load a detector. `model`, `faces` and `check` are `{url, sha256}` of the model files; `engine` runs the model, and faces are always
   * found on the processor, so that their boxes are the same. */
  static async load(model, faces, check, engine = "wasm") {
    const load = ({ url, sha256 }, on) => loadSession(new URL(url), sha256, on);
    const [own, detector, checker] = await Promise.all([load(model, engine), load(faces), load(check)]);
    const found = new Detector(own, new FaceDetector(detector, new FaceCheck(checker)));
    found.engine = engine === "wasm" ? { name: engine } : await own.compare(found.probe());
    return found;
  }

  /** A picture of noise as the arguments of `Session.run`, to compare two engines. */
  probe() {
    const { size } = this.card.preprocessing;
    const pixels = Uint8Array.from({ length: 3 * size * size }, (_, index) => (Math.imul(index + 1, 2654435761) >>> 24) & 255);
    return [pixels, [1, size, size, 3], this.session.takes("face_region") ? { face_region: WHOLE_INPUT } : {}];
  }

  /** The verdict on a picture, in the wire form. Throws `UnmaskError` if the picture cannot be judged. */
  async predict(bytes, name, { wholePicture = false, stability = true } = {}) {
    const started = performance.now();
    const picture = await openPicture(bytes, name);
    const { faces, regions, inner } = await this.locate(picture, wholePicture);
    const { thresholds } = this.card;
    const patches = await extractPatches(picture, regions, this.card.preprocessing.patchSize);
    const judged = [];
    for (const [index, patch] of patches.entries()) {
      const versions = stability ? [patch, ...(await reencodings(patch))] : [patch];
      const probabilities = [];
      for (const version of versions) {
        const { logit } = await this.run(version, inner[index]);
        probabilities.push(this.card.correct(this.card.probability(logit[0]), faces.length));
      }
      judged.push(judgeFace(faces[index].box, probabilities, thresholds, faces[index].score));
    }
    return {
      path: name,
      sha256: picture.sha256,
      width: picture.width,
      height: picture.height,
      format: picture.format,
      label: pictureLabel(judged),
      probability_fake: judged.length ? Math.max(...judged.map((face) => face.probability_fake)) : null,
      thresholds,
      faces: judged,
      model: this.model,
      seconds: (performance.now() - started) / 1000,
      smallest_face: Math.ceil(smallestFace(picture.width, picture.height)),
    };
  }

  /** The class activation map of each face: log-odds of fake by place, whose mean is that of the face. */
  async explain(bytes, name) {
    const picture = await openPicture(bytes, name);
    const { regions, inner } = await this.locate(picture, false);
    const patches = await extractPatches(picture, regions, this.card.preprocessing.patchSize);
    const faces = [];
    for (const [index, patch] of patches.entries()) {
      const { cam, camShape } = await this.run(patch, inner[index]);
      const [rows, columns] = camShape;
      const row = (y) => Array.from(cam.subarray(y * columns, (y + 1) * columns), (value) => this.card.logit(value));
      faces.push({ region: regions[index], heatmap: Array.from({ length: rows }, (_, y) => row(y)) });
    }
    return { method: "cam", method_shows: CAM_SHOWS, width: picture.width, height: picture.height, faces };
  }

  /** The outputs of the model for a patch in which the crop around the face alone lies at `region`. */
  run(patch, region) {
    const { preprocessing } = this.card;
    const more = this.session.takes("face_region") ? { face_region: region } : {};
    return this.session.run(toModelInput(patch, preprocessing), [1, preprocessing.size, preprocessing.size, 3], more);
  }

  /** The faces of a picture, the square that the model sees of each, and where the face lies in it; the whole picture if
   * it has no face and `wholePicture` is true. */
  async locate(picture, wholePicture) {
    const { width, height } = picture;
    const faces = await this.faceDetector.find(picture);
    if (!faces.length && wholePicture) {
      const frame = [0, 0, width, height];
      return { faces: [{ box: frame, score: null }], regions: [frame], inner: [WHOLE_INPUT] };
    }
    const regions = faces.map(({ box }) => squareCrop(box, width, height, this.card.preprocessing));
    const inner = faces.map(({ box }) => faceRegion(box, width, height, this.card.preprocessing));
    return { faces, regions, inner };
  }
}
