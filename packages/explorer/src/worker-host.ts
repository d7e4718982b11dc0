// The worker's side: an engine behind messages. Calls run side by side as far as the engine lets them; a cancelled one ends
// between two runs of the engine.

import { VielbeinError } from "@vielbein/core";
import type { ExplorerEngine } from "@vielbein/viz/explorer";
import type { Failure, Reply, Request } from "./protocol.ts";

interface Port {
  postMessage(message: Reply): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

export function serve(port: Port, engine: Promise<ExplorerEngine>): void {
  const running = new Map<number, AbortController>();
  port.onmessage = async ({ data }) => {
    if ("cancel" in data) return void running.get(data.cancel)?.abort();
    const { id, name, args } = data;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const target = await engine;
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      const result = await method.call(target, ...args, controller.signal);
      // What came too late is not wanted any more.
      controller.signal.throwIfAborted();
      port.postMessage({ id, result });
    } catch (error) {
      // Whatever stopped it, nobody waits for it any more.
      const isAborted = controller.signal.aborted;
      port.postMessage({ id, error: failureOf(isAborted ? controller.signal.reason : error) });
    } finally {
      running.delete(id);
    }
  };
}

function failureOf(error: unknown): Failure {
  if (error instanceof VielbeinError) return { code: error.code, message: error.message };
  if (error instanceof Error && error.name === "AbortError") {
    return { code: "aborted", message: error.message };
  }
  return { code: "unexpected", message: error instanceof Error ? error.message : String(error) };
}
