// The page behind RemoteRuntime: keeps runtimes and sessions, and does what the test asks by number.

import { type ModelSource, type Session, type SessionOptions, VielbeinError } from "@vielbein/core";
import { WebRuntime, type WebRuntimeOptions } from "../../src/index.ts";

type Feeds = Parameters<Session["run"]>[0];

const runtimes: WebRuntime[] = [];
const sessions: Session[] = [];

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
  run: (id: number, feeds: Feeds, fetches?: string[]) => sessions[id]!.run(feeds, fetches),
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
