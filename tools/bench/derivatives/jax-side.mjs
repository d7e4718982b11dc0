// jax-js, which differentiates ONNX models in JavaScript: its WebAssembly backend, compiled functions.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { normal } from "@vielbein/linalg";

export class JaxSide {
  name = "jax-js";
  #jax;
  #ways;
  #dims;

  /** @throws {Error} with the reason why it cannot be measured here. */
  static async open(folder, path, inputs, outputs) {
    if (!folder) throw new Error("$VIELBEIN_JAX_JS names no folder with @jax-js/onnx in its node_modules");
    const require = createRequire(join(folder, "package.json"));
    const load = (name) => import(pathToFileURL(require.resolve(name)).href);
    const [jax, { ONNXModel }] = [await load("@jax-js/jax"), await load("@jax-js/onnx")];
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    return new JaxSide(jax, new ONNXModel(new Uint8Array(await readFile(path))), { inputs, outputs });
  }

  constructor(jax, model, dims) {
    const { jit, jvp, vjp, vmap } = jax;
    const primal = (z) => model.run({ z }).image;
    this.#jax = jax;
    this.#dims = dims;
    this.#ways = {
      primal: jit(primal),
      // One vector at a time inside vmap, so that they share the evaluation.
      jvp: jit((z, tangents) => vmap((t) => jvp(primal, [z.ref], [t])[1])(tangents)),
      vjp: jit((z, cotangents) => {
        const [value, pull] = vjp(primal, [z]);
        value.dispose();
        return vmap((u) => pull(u)[0])(cotangents);
      }),
    };
  }

  async value(point) {
    const result = this.#ways.primal(this.#array(point, [1, point.length]));
    return result.data();
  }

  async measure(kind, k, warmup) {
    try {
      for (let i = 0; i < warmup; i++) await this.#call(kind, k);
      const before = performance.now();
      await this.#call(kind, k);
      return { ms: performance.now() - before };
    } catch (error) {
      return { error: String(error.message).split("\n")[0].slice(0, 200) };
    }
  }

  close() {}

  async #call(kind, k) {
    const { inputs, outputs } = this.#dims;
    const z = this.#array(normal(1, 0, inputs), [1, inputs]);
    if (kind === "primal") return (await this.#ways.primal(z)).data();
    const side = Math.sqrt(outputs / 3);
    const shape = kind === "jvp" ? [k, 1, inputs] : [k, 1, 3, side, side];
    const vectors = this.#array(normal(k, 0, k * (kind === "jvp" ? inputs : outputs)), shape);
    return this.#ways[kind](z, vectors).data();
  }

  #array(values, shape) {
    const { numpy } = this.#jax;
    return numpy.array(Float32Array.from(values)).reshape(shape);
  }
}
