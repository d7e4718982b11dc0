// What a worker of the pool runs, in a browser or in Node.

import { initialize } from "../backend/backend.ts";
import { eigh } from "../decompositions/eigh.ts";
import { qr } from "../decompositions/qr.ts";
import { svd } from "../decompositions/svd.ts";
import { LapackError, LinalgError } from "../errors.ts";
import type { Matrix } from "../matrix.ts";
import type { PoolReply, PoolRequest, PoolStart } from "./pool-protocol.ts";

interface Port {
  postMessage(message: PoolReply, transfer: ArrayBuffer[]): void;
  on?(event: "message", listener: (message: PoolStart | PoolRequest) => void): void;
  onmessage?: (((event: MessageEvent) => void) | null) | undefined;
}

const tasks: Record<PoolRequest["task"], (a: Matrix, options?: object) => object> = { svd, eigh, qr };
let ready: Promise<unknown> = Promise.resolve();

async function handle(port: Port, message: PoolStart | PoolRequest): Promise<void> {
  if ("initialize" in message) {
    ready = initialize(message.initialize);
    ready.catch(() => undefined);
    return;
  }
  const { id, task, matrix, options } = message;
  try {
    await ready;
    const result = tasks[task](matrix, options);
    port.postMessage({ id, result }, buffersOf(result));
  } catch (error) {
    const { code } = error instanceof LinalgError ? error : {};
    const { routine, info } = error instanceof LapackError ? error : {};
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, error: { message, code, routine, info } }, []);
  }
}

/** The memory of a result, which is handed over instead of copied. */
function buffersOf(result: object): ArrayBuffer[] {
  const arrays = Object.values(result).map((value) => (ArrayBuffer.isView(value) ? value : value.data));
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}

async function connect(): Promise<void> {
  if (typeof WorkerGlobalScope === "function" && globalThis instanceof WorkerGlobalScope) {
    const port = globalThis as unknown as Port;
    port.onmessage = (event) => void handle(port, event.data);
    return;
  }
  const name = "node:worker_threads";
  const { parentPort } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
    parentPort: Port;
  };
  parentPort.on!("message", (message) => void handle(parentPort, message));
}

void connect();
