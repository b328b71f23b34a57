/** ONNX Runtime Web in its two builds: for the processor, and for the graphics card. */

const RUNTIME = new URL("../runtime/", import.meta.url);
/** The build by engine: the processor in WebAssembly, the graphics card through WebGPU. */
const BUILDS = { wasm: "ort.wasm.min.mjs", webgpu: "ort.webgpu.min.mjs" };
/** More threads do not pay for networks of this size. */
const MAX_THREADS = 4;
const loaded = new Map();

async function load(engine) {
  const ort = await import(new URL(BUILDS[engine], RUNTIME));
  const threads = engine === "wasm" && globalThis.crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency || 1) : 1;
  ort.env.wasm.wasmPaths = RUNTIME.href;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  return ort;
}

/** The build for an engine, loaded once; on the processor with threads where the page is cross-origin isolated. */
export function runtime(engine) {
  if (!loaded.has(engine)) loaded.set(engine, load(engine));
  return loaded.get(engine);
}
