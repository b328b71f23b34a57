/** A model on the graphics card, beside the same model on the processor: their outputs are compared, and the processor is the fallback. */

/** Difference of the log-odds of fake from which the graphics card is not used; it changes a probability by at most 0.0025. */
const MAX_DIFFERENCE = 0.01;
/** Timed runs of each engine after a first one, which compiles. */
const RUNS = 2;

async function timed(session, input) {
  const { logit } = await session.run(...input);
  const started = performance.now();
  for (let run = 0; run < RUNS; run += 1) await session.run(...input);
  return { logit: logit[0], milliseconds: (performance.now() - started) / RUNS };
}

export class GpuSession {
  /** `cpu` is the session on the processor, `gpu` that on the graphics card or null. */
  constructor(cpu, gpu, problem = null) {
    Object.assign(this, { cpu, gpu, problem, metadata: cpu.metadata, sha256: cpu.sha256 });
  }

  /** `openGpu` opens the session on the graphics card. Without one, the processor is used and `problem` states why. */
  static async open(cpu, openGpu) {
    try {
      return new GpuSession(cpu, await openGpu());
    } catch (error) {
      return new GpuSession(cpu, null, error.message);
    }
  }

  takes(name) {
    return this.cpu.takes(name);
  }

  /** All outputs by name, as of `Session.run`; from the processor if the graphics card fails. */
  async run(...input) {
    if (this.gpu) {
      try {
        return await this.gpu.run(...input);
      } catch (error) {
        Object.assign(this, { gpu: null, problem: error.message });
      }
    }
    return this.cpu.run(...input);
  }

  /** Which engine is used: `{name, gpu, cpu, difference}` with milliseconds of an inference, or `{name: "wasm", problem}`. */
  async compare(input) {
    if (!this.gpu) return { name: "wasm", problem: this.problem };
    const gpu = await timed(this, input);
    const cpu = await timed(this.cpu, input);
    const difference = Math.abs(gpu.logit - cpu.logit);
    if (this.gpu && !(difference <= MAX_DIFFERENCE)) Object.assign(this, { gpu: null, problem: `scores differ by ${difference}` });
    if (!this.gpu) return { name: "wasm", problem: this.problem };
    return { name: "webgpu", gpu: gpu.milliseconds, cpu: cpu.milliseconds, difference };
  }
}
