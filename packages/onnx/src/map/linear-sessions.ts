// The engine's sessions of a linearised map: the primal, which is run once at a point, and the two linear maps, which
// are fed what it left behind.

import type { Runtime, RuntimeTensor, Session } from "@vielbein/core";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { type LinearGraph, type Linearization, linearize } from "../derive/linearize.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { DataType, type Model } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";

/** Values of the tensors that the linear maps read, by name. */
type Residuals = ReadonlyMap<string, RuntimeTensor>;

type Sessions = Readonly<Record<"primal" | "jvp" | "vjp", Session>>;

export class LinearSessions {
  readonly #linearization: Linearization;
  readonly #sessions: Sessions;

  private constructor(linearization: Linearization, sessions: Sessions) {
    this.#linearization = linearization;
    this.#sessions = sessions;
  }

  /** Linearises the graph and opens a session for each part by `open`. */
  static async open(
    graph: PreparedGraph,
    runtime: Runtime,
    options: DerivativeOptions,
    open: (model: Model) => Promise<Session>,
  ): Promise<LinearSessions> {
    const linearization = await linearize(graph, runtime, options);
    return new LinearSessions(linearization, {
      primal: await open(linearization.primal),
      jvp: await open(linearization.jvp.model),
      vjp: await open(linearization.vjp.model),
    });
  }

  /** Bytes that the residuals of one point take. */
  get bytes(): number {
    const { jvp, vjp } = this.#linearization;
    const inputs = new Map(
      [jvp, vjp].flatMap(({ model }) => model.graph.inputs).map((info) => [info.name, info]),
    );
    const sizes = [...new Set([...jvp.residuals, ...vjp.residuals])].map((name) => {
      const { shape, dataType } = inputs.get(name)!;
      return elementCount(shape as number[]) * (dataType === DataType.FLOAT ? 4 : 8);
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The value at a point `[1, ...]`, and the residuals there. */
  async at(point: RuntimeTensor): Promise<{ readonly value: RuntimeTensor; readonly residuals: Residuals }> {
    const { input, output, jvp, vjp } = this.#linearization;
    const names = new Set([output, ...jvp.residuals, ...vjp.residuals].filter((name) => name !== input));
    const values = await this.#sessions.primal.run({ [input]: point }, [...names]);
    return { value: values[output], residuals: new Map([...Object.entries(values), [input, point]]) };
  }

  /** J·ẋ or Jᵀ·ȳ for vectors `[k, 1, ...]`, and the name of the result. */
  async product(
    kind: "jvp" | "vjp",
    residuals: Residuals,
    vectors: RuntimeTensor,
  ): Promise<{ readonly tensor: RuntimeTensor; readonly name: string }> {
    const { input, output, residuals: read }: LinearGraph = this.#linearization[kind];
    const feeds = Object.fromEntries(read.map((name) => [name, residuals.get(name)!]));
    const result = await this.#sessions[kind].run({ ...feeds, [input]: vectors }, [output]);
    return { tensor: result[output], name: output };
  }

  async dispose(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.dispose();
  }
}
