// The worker's side: an engine behind messages.

import type * as Ort from "onnxruntime-web";
import { failure } from "../failure.ts";
import { LocalEngine } from "../local-engine.ts";
import { buffersOf, type Procedures, type Reply, type Request } from "./protocol.ts";

interface Port {
  readonly name: string;
  postMessage(message: Reply, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

/** Answers requests with an engine on the given build of ONNX Runtime. */
export function serve(ort: typeof Ort): void {
  const port = globalThis as unknown as Port;
  // The engine's threads may be started from the same script: there the messages are not for us.
  if (port.name?.startsWith("em-pthread")) return;
  let engine: LocalEngine;
  const procedures: {
    [Name in keyof Procedures]: (...args: Parameters<Procedures[Name]>) => Promise<unknown>;
  } = {
    open: async (options) => {
      engine = await LocalEngine.open(ort, options, () => undefined);
      return { version: engine.version };
    },
    create: (model, options) => engine.create(model, options),
    run: (id, feeds, fetches) => engine.run(id, feeds, fetches),
    release: (id) => engine.release(id),
  };
  port.onmessage = async ({ data: { id, name, args } }) => {
    try {
      const result = await (procedures[name] as (...args: unknown[]) => Promise<unknown>)(...args);
      port.postMessage({ id, result }, name === "run" ? buffersOf(result as never) : []);
    } catch (error) {
      const { code, message, fatal } = failure("The worker failed", error);
      port.postMessage({ id, error: { code, message, fatal } }, []);
    }
  };
}
