// The page behind RemoteRuntime: keeps runtimes and sessions, and does what the test asks by number.

import { VielbeinError } from "@vielbein/core";
import type {
  Feeds,
  KeptTensor,
  ModelSource,
  RuntimeTensor,
  Session,
  SessionOptions,
} from "@vielbein/core/runtime";
import { WebRuntime, type WebRuntimeOptions } from "../../src/index.ts";

/** Kept tensors stay on the page and go by number. */
type SentFeeds = Readonly<Record<string, RuntimeTensor | { readonly kept: number }>>;

const runtimes: WebRuntime[] = [];
const sessions: Session[] = [];
const keptTensors: KeptTensor[] = [];

function received(feeds: SentFeeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      "kept" in tensor ? keptTensors[tensor.kept]! : tensor,
    ]),
  );
}

const procedures = {
  open: async (options: WebRuntimeOptions) => {
    const runtime = await WebRuntime.create(options);
    return { id: runtimes.push(runtime) - 1, name: runtime.name, report: runtime.report };
  },
  state: async (id: number) => ({ name: runtimes[id]!.name, report: runtimes[id]!.report }),
  create: async (id: number, bytes: Uint8Array, files: [string, Uint8Array][], options: SessionOptions) => {
    const source: ModelSource = { bytes, files: new Map(files) };
    const session = await runtimes[id]!.createSession(source, options);
    const { inputNames, outputNames, outputShapes } = session;
    return { id: sessions.push(session) - 1, inputNames, outputNames, outputShapes };
  },
  run: (id: number, feeds: SentFeeds, fetches?: string[]) => sessions[id]!.run(received(feeds), fetches),
  keep: async (id: number, feeds: SentFeeds, fetches: string[]) => {
    const results = await sessions[id]!.keep!(received(feeds), fetches);
    const sent = Object.entries(results).map(([name, tensor]) => {
      const { type, dims } = tensor;
      return [name, { type, dims, kept: keptTensors.push(tensor) - 1 }] as const;
    });
    return Object.fromEntries(sent);
  },
  read: (kept: number) => keptTensors[kept]!.read(),
  drop: (kept: number) => keptTensors[kept]!.release(),
  release: (id: number) => sessions[id]!.dispose(),
  close: (id: number) => runtimes[id]!.dispose(),
};

export type Procedures = typeof procedures;

async function call(name: keyof Procedures, args: unknown[]): Promise<unknown> {
  try {
    return { result: await (procedures[name] as (...args: unknown[]) => Promise<unknown>)(...args) };
  } catch (error) {
    return { code: error instanceof VielbeinError ? error.code : undefined, message: String(error) };
  }
}

Object.assign(globalThis, { call });
