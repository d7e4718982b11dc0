// What the tests run in a process of its own: one scenario, by name, from a bundle of the sources.

import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataType, encodeModel } from "@vielbein/onnx";
import { NodeRuntime } from "../src/index.ts";
import { runtimeContract } from "./contract.ts";

/** y = x·x for a square matrix so large that the engine is busy for a good while. */
const SIZE = 1500;

function square(): Uint8Array {
  const node = {
    opType: "MatMul",
    domain: "",
    name: "",
    inputs: ["x", "x"],
    outputs: ["y"],
    attributes: new Map(),
  };
  return encodeModel({
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    graph: {
      name: "square",
      nodes: [node],
      initializers: [],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", "n"] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
      valueInfo: [],
      unknown: [],
    },
    unknown: [],
    files: new Map(),
  });
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  /** A session is left open and nothing waits for anything. */
  async idle() {
    await new NodeRuntime({ threads: 1 }).createSession({ bytes: square() });
  },
  /** The process of a trial waits for another; its id. */
  async "a trial's process waits"() {
    const trial = { memory: 2 ** 28 };
    const session = await new NodeRuntime({ threads: 1 }).createSession({ bytes: square() }, { trial });
    await session.dispose();
    console.log(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim());
  },
  /** A scheduler signals the process of a trial, too, and the program is not done with it; the sum of a product. */
  async "a trial's process is signalled"() {
    const trial = { memory: 2 ** 28 };
    const session = await new NodeRuntime({ threads: 1 }).createSession({ bytes: square() }, { trial });
    process.kill(Number(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")), "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const x = { type: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
    const { y } = await session.run({ x });
    console.log([...(y!.data as Float32Array)].join());
    await session.dispose();
  },
  async "exit while the thread starts"() {
    void new NodeRuntime({ threads: 1 }).createSession({ bytes: square() });
    process.exit(3);
  },
  async "exit during a run"() {
    await startedRun();
    process.exit(3);
  },
  async "exception during a run"() {
    await startedRun();
    setTimeout(() => {
      throw new Error("uncaught");
    });
  },
  /** Runtimes that nobody keeps: how many threads are left when the garbage collector has been. */
  async "forgotten runtimes"() {
    const threads = (): number => readdirSync("/proc/self/task").length;
    await useAndForget();
    const before = threads();
    for (let i = 0; i < 10; i++) await useAndForget();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    let after = threads();
    for (let i = 0; i < 100 && after >= before; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
      after = threads();
    }
    console.log(JSON.stringify({ before, after }));
  },
  async "contract on webgpu"() {
    const runtime = await NodeRuntime.create({ providers: ["cuda", "webgpu", "cpu"] });
    const failures: string[] = [];
    for (const { name, run } of runtimeContract) {
      await run(runtime).catch((error: Error) => failures.push(`${name}: ${error.message}`));
    }
    console.log(JSON.stringify({ name: runtime.name, report: runtime.report, failures }));
    await runtime.dispose();
  },
};

async function useAndForget(): Promise<void> {
  await new NodeRuntime({ threads: 1 }).createSession({ bytes: square() });
}

/** Starts a run and gives the engine time to be in the midst of it. */
async function startedRun(): Promise<void> {
  const session = await new NodeRuntime({ threads: 1 }).createSession({ bytes: square() });
  const x = { type: "float32", dims: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE).fill(0.5) } as const;
  void session.run({ x }).then(() => console.log("the run ended before the process did"));
  await new Promise((resolve) => setTimeout(resolve, 50));
}

await scenarios[process.argv[2]!]!();
