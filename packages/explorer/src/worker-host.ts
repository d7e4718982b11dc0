// The worker's side: an engine behind messages. A cancelled call ends between two runs of the engine.

import { type Procedure, type ServingPort, serve } from "@vielbein/runtime-web/calls";
import type { ExplorerEngine, Progress } from "@vielbein/viz/explorer";

type Methods = Omit<ExplorerEngine, "dispose">;

/** What a method takes before its options, which come last. */
type Data<Taken extends readonly unknown[]> =
  Required<Taken> extends readonly [...infer Before, unknown] ? Before : never;

/** The engine's methods as procedures of its worker. */
export type ExplorerProcedures = {
  readonly [Name in keyof Methods]: Procedure<
    Data<Parameters<Methods[Name]>>,
    Awaited<ReturnType<Methods[Name]>>,
    Progress<Awaited<ReturnType<Methods[Name]>>>
  >;
};

/** Answers calls with an engine, once it has started. */
export function serveEngine(port: ServingPort, engine: Promise<ExplorerEngine>): void {
  serve<ExplorerProcedures>(port, {
    load: async (...args) => (await engine).load(...args),
    choose: async (...args) => (await engine).choose(...args),
    arrange: async (...args) => (await engine).arrange(...args),
    sample: async (...args) => (await engine).sample(...args),
    render: async (...args) => (await engine).render(...args),
    thumbnails: async (...args) => (await engine).thumbnails(...args),
    difference: async (...args) => (await engine).difference(...args),
    heat: async (...args) => (await engine).heat(...args),
    animate: async (...args) => (await engine).animate(...args),
    basis: async (...args) => (await engine).basis(...args),
    directions: async (...args) => (await engine).directions(...args),
    region: async (...args) => (await engine).region(...args),
    open: async (...args) => (await engine).open(...args),
    save: async (...args) => (await engine).save(...args),
  });
}
