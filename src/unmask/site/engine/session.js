/** Inference with ONNX Runtime Web. */
import { UnmaskError } from "./errors.js";
import { GpuSession } from "./gpu_session.js";
import { readMetadata } from "./model_file.js";
import { sha256 } from "./picture.js";
import { runtime } from "./runtime.js";

/** A loaded model: its metadata, the SHA-256 of its file, and inference on bytes. */
class Session {
  constructor(ort, session, metadata, digest) {
    Object.assign(this, { ort, session, metadata, sha256: digest });
  }

  /** Whether the model has an input of that name. */
  takes(name) {
    return this.session.inputNames.includes(name);
  }

  /** All outputs by name for the bytes of an image of the given shape, and further inputs of numbers `[1, n]`. */
  async run(pixels, shape, numbers = {}) {
    const inputs = { pixels: new this.ort.Tensor("uint8", pixels, shape) };
    for (const [name, values] of Object.entries(numbers)) inputs[name] = new this.ort.Tensor("float32", Float32Array.from(values), [1, values.length]);
    const outputs = await this.session.run(inputs);
    const found = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      found[name] = tensor.data;
      if (name === "cam") found.camShape = tensor.dims.slice(1);
    }
    return found;
  }
}

/** A session of one engine, "wasm" or "webgpu". */
async function open(bytes, metadata, digest, engine) {
  const ort = await runtime(engine);
  return new Session(ort, await ort.InferenceSession.create(bytes, { executionProviders: [engine] }), metadata, digest);
}

/** Load a model file. `digest` is the SHA-256 it must have, `engine` is "wasm" or "webgpu". Throws `UnmaskError` for a file that is none. */
export async function loadSession(url, digest, engine = "wasm") {
  const response = await fetch(url);
  if (!response.ok) throw new UnmaskError("unknown_model", `${url.pathname}: cannot be loaded (HTTP ${response.status})`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const found = await sha256(bytes);
  if (found && found !== digest) throw new UnmaskError("bad_model_file", `${url.pathname}: is damaged (SHA-256 ${found.slice(0, 12)}…, not ${digest.slice(0, 12)}…)`);
  const metadata = readMetadata(bytes);
  const session = await open(bytes, metadata, digest, "wasm");
  if (engine === "wasm") return session;
  return GpuSession.open(session, () => open(bytes, metadata, digest, engine));
}
