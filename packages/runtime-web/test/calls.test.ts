// Calls between a page and a worker, over a channel of Node, which clones and hands over as browsers do.

import { MessageChannel } from "node:worker_threads";
import { VielbeinError } from "@vielbein/core";
import { afterEach, expect, it, vi } from "vitest";
import {
  type CalledWorker,
  type Handlers,
  type Procedure,
  type ServingPort,
  serve,
  WorkerCalls,
} from "../src/calls/index.ts";
import { EngineFailure } from "../src/failure.ts";

interface Arithmetic {
  add: Procedure<[a: number, b: number], number>;
  double: Procedure<[values: Float32Array], Float32Array>;
  /** Returns what cannot be cloned. */
  unfit: Procedure<[], () => number>;
  refuse: Procedure<[kind: keyof typeof refusals], never>;
  /** Waits for {@link release}, or until it is cancelled. */
  wait: Procedure<[text: string], string, string>;
}

const refusals = {
  ours: () => new VielbeinError("MEMORY_BUDGET", "It is too large."),
  fatal: () => new EngineFailure("BACKEND_FAILED", "The device was lost.", true),
  passing: () => new EngineFailure("BACKEND_FAILED", "The graph failed.", false),
  foreign: () => new RangeError("Out of range."),
  text: () => "no error at all",
} as const;

/** What `wait` waits for, and the signals that it saw. */
let release: () => void;
const signals: AbortSignal[] = [];

const handlers: Handlers<Arithmetic> = {
  add: async (a, b) => a + b,
  double: async (values, call) => {
    const result = values.map((x) => 2 * x);
    call.handOver([result.buffer as ArrayBuffer]);
    return result;
  },
  unfit: async () => () => 1,
  refuse: async (kind) => {
    throw refusals[kind]();
  },
  wait: async (text, { signal, progress }) => {
    signals.push(signal);
    progress(`${text}, half`);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return text;
  },
};

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
  signals.length = 0;
});

interface Line {
  readonly calls: WorkerCalls<Arithmetic>;
  readonly worker: CalledWorker;
  readonly terminate: ReturnType<typeof vi.fn>;
  /** What page and worker have sent. */
  readonly sent: { readonly message: object; readonly transfer: readonly Transferable[] }[];
}

function connect(): Line {
  const { port1, port2 } = new MessageChannel();
  open.push(() => port1.close());
  const sent: Line["sent"] = [];
  const noted = (port: typeof port1) => (message: object, transfer: Transferable[]) => {
    port.postMessage(message, transfer as never);
    sent.push({ message, transfer });
  };
  const terminate = vi.fn();
  const worker = { postMessage: noted(port1), terminate, onmessage: null, onerror: null } as CalledWorker;
  const scope = { postMessage: noted(port2), onmessage: null } as ServingPort;
  serve(scope, handlers);
  const calls = new WorkerCalls<Arithmetic>(
    worker,
    (message) => new VielbeinError("BACKEND_UNAVAILABLE", `The worker died: ${message}.`),
  );
  port1.on("message", (data) => worker.onmessage!({ data } as MessageEvent));
  port2.on("message", (data) => scope.onmessage!({ data } as MessageEvent));
  return { calls, worker, terminate, sent };
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.unreachable("The call was not rejected."),
    (reason: unknown) => reason,
  );

it("returns what the procedure returns, whatever the order of the answers", async () => {
  const { calls } = connect();
  const waiting = calls.call("wait", ["first"]);
  expect(await calls.call("add", [2, 3])).toBe(5);
  release();
  expect(await waiting).toBe("first");
});

it.each([
  ["ours", VielbeinError, { code: "MEMORY_BUDGET", message: "It is too large." }],
  ["fatal", EngineFailure, { code: "BACKEND_FAILED", message: "The device was lost.", fatal: true }],
  ["passing", EngineFailure, { code: "BACKEND_FAILED", message: "The graph failed.", fatal: false }],
  ["foreign", Error, { message: "Out of range." }],
  ["text", Error, { message: "no error at all" }],
] as const)("rejects with the error of the procedure: %s", async (kind, type, expected) => {
  const reason = await reasonOf(connect().calls.call("refuse", [kind]));
  expect((reason as Error).constructor).toBe(type);
  expect(reason).toMatchObject(expected);
});

it("refuses a procedure that the worker does not have, and what every object has", async () => {
  const calls = connect().calls as unknown as WorkerCalls<Record<string, Procedure>>;
  for (const name of ["divide", "toString", "__proto__"]) {
    expect(await reasonOf(calls.call(name, []))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `The worker has no procedure "${name}", only add, double, unfit, refuse, wait. Build page and worker of one version.`,
    });
  }
});

it("refuses what no clone can carry, either way, and goes on", async () => {
  const { calls } = connect();
  expect(await reasonOf(calls.call("add", [1, (() => 2) as never]))).toMatchObject({
    name: "DataCloneError",
  });
  expect(await reasonOf(calls.call("unfit", []))).toMatchObject({
    message: expect.stringMatching(/could not be cloned/),
  });
  expect(await calls.call("add", [1, 2])).toBe(3);
});

it("tells how far a call is, while it is open", async () => {
  const { calls } = connect();
  const heard: string[] = [];
  const progress = (text: string): void => void heard.push(text);
  const result = calls.call("wait", ["far"], { progress });
  await vi.waitFor(() => expect(heard).toEqual(["far, half"]));
  // Other calls do not hear of it, and nobody has to listen.
  const other = calls.call("add", [1, 1], { progress: progress as never });
  expect(await other).toBe(2);
  release();
  await result;
  expect(heard).toEqual(["far, half"]);
});

it("cancels in flight: the procedure sees it, and the call is rejected with the signal's reason", async () => {
  const { calls } = connect();
  const controller = new AbortController();
  const heard: string[] = [];
  const { signal } = controller;
  const call = reasonOf(calls.call("wait", ["long"], { signal, progress: (text) => void heard.push(text) }));
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  let isSettled = false;
  void call.then(() => {
    isSettled = true;
  });
  const reason = new DOMException("Another code is wanted.", "AbortError");
  controller.abort(reason);
  await vi.waitFor(() => expect(signals[0]!.aborted).toBe(true));
  // What is under way in the worker is not taken for ended before it has.
  expect(isSettled).toBe(false);
  release();
  expect(await call).toBe(reason);
});

it("sends nothing for a signal that is aborted already", async () => {
  const { calls, sent } = connect();
  const reason = new Error("Too late.");
  expect(await reasonOf(calls.call("add", [1, 1], { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(sent).toEqual([]);
});

it("rejects a call whose reply crosses its cancellation, and is deaf to how far it was", async () => {
  const { calls, worker } = connect();
  const controller = new AbortController();
  const { signal } = controller;
  const heard: string[] = [];
  const call = calls.call("wait", ["crossing"], { signal, progress: (text) => void heard.push(text) });
  controller.abort();
  worker.onmessage!({ data: { id: 0, progress: "crossing, half" } } as MessageEvent);
  worker.onmessage!({ data: { id: 0, result: "crossing" } } as MessageEvent);
  expect(await reasonOf(call)).toBe(signal.reason);
  expect(heard).toEqual([]);
  // The worker's own answer finds no call any more.
  release();
  expect(await calls.call("add", [1, 1])).toBe(2);
});

it("does not cancel what was answered", async () => {
  const { calls, sent } = connect();
  const controller = new AbortController();
  await calls.call("add", [1, 1], { signal: controller.signal });
  controller.abort();
  expect(sent.filter(({ message }) => "cancel" in message)).toEqual([]);
});

it("fails all open calls when the worker dies, and later ones", async () => {
  const { calls, worker, terminate } = connect();
  const reasons = [1, 2].map(() => reasonOf(calls.call("wait", ["for ever"])));
  const preventDefault = vi.fn();
  worker.onerror!({ message: "null is not an object", preventDefault } as unknown as ErrorEvent);
  const [first, second] = await Promise.all(reasons);
  expect(first).toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: "The worker died: null is not an object.",
  });
  expect(second).toBe(first);
  expect(await reasonOf(calls.call("add", [1, 1]))).toBe(first);
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(terminate).toHaveBeenCalledOnce();
});

it("ends with the first reason it is given", async () => {
  const { calls, terminate } = connect();
  const call = reasonOf(calls.call("wait", ["for ever"]));
  expect(calls.isEnded).toBe(false);
  const reason = new Error("The page was closed.");
  calls.end(reason);
  calls.end(new Error("again"));
  expect(calls.isEnded).toBe(true);
  expect(await call).toBe(reason);
  expect(await reasonOf(calls.call("add", [1, 1]))).toBe(reason);
  expect(terminate).toHaveBeenCalled();
});

it("hands buffers over in both directions where it is told to, else copies them", async () => {
  const { calls, sent } = connect();
  const kept = Float32Array.of(1, 2);
  expect(await calls.call("double", [kept])).toEqual(Float32Array.of(2, 4));
  expect([...kept]).toEqual([1, 2]);
  expect(await calls.call("double", [kept], { transfer: [kept.buffer] })).toEqual(Float32Array.of(2, 4));
  expect(kept.byteLength).toBe(0);
  // The worker's results went without a copy: nothing is left of them there.
  const replies = sent.filter(({ message }) => "result" in message);
  expect(replies.map(({ message }) => (message as { result: Float32Array }).result.byteLength)).toEqual([
    0, 0,
  ]);
});
