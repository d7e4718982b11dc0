// The page's side: an engine in a module worker.

import { type DirectionSet, VielbeinError } from "@vielbein/core";
import type { RgbaImage } from "@vielbein/viz";
import type {
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  LocalBasisReply,
  SpacesChoice,
} from "@vielbein/viz/explorer";
import type { Failure, Method, Reply, Request, Result } from "./protocol.ts";

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class WorkerEngine implements ExplorerEngine {
  readonly #worker: Worker;
  readonly #calls: Map<number, Call> = new Map();
  #nextId = 0;
  #ended: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if ("error" in data) call?.reject(errorOf(data.error));
      else call?.resolve(data.result);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const what = event.message ? `ended: ${event.message}` : "could not be loaded";
      this.#end(new VielbeinError("BACKEND_UNAVAILABLE", `The explorer's worker ${what}. Reload the page.`));
    };
  }

  load(file: ExplorerFile, spaces: SpacesChoice, signal?: AbortSignal): Promise<ExplorerModel> {
    return this.#call("load", [file, spaces], signal);
  }

  choose(spaces: SpacesChoice, signal?: AbortSignal): Promise<ExplorerModel> {
    return this.#call("choose", [spaces], signal);
  }

  sample(seed: number, truncation: number, signal?: AbortSignal): Promise<Float32Array> {
    return this.#call("sample", [seed, truncation], signal);
  }

  render(points: Float32Array, count: number, signal?: AbortSignal): Promise<RgbaImage[]> {
    return this.#call("render", [points, count], signal);
  }

  animate(points: Float32Array, count: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call("animate", [points, count], signal);
  }

  basis(point: Float32Array, signal?: AbortSignal): Promise<LocalBasisReply> {
    return this.#call("basis", [point], signal);
  }

  directions(
    kind: "sefa" | "pca" | "metric",
    point: Float32Array,
    signal?: AbortSignal,
  ): Promise<ExplorerDirections> {
    return this.#call("directions", [kind, point], signal);
  }

  open(file: Uint8Array, point: Float32Array, signal?: AbortSignal): Promise<ExplorerDirections> {
    return this.#call("open", [file, point], signal);
  }

  save(set: DirectionSet): Promise<Uint8Array> {
    return this.#call("save", [set]);
  }

  dispose(): void {
    this.#worker.terminate();
    this.#end(new DOMException("The explorer was closed.", "AbortError"));
  }

  #call<Name extends Method>(
    name: Name,
    args: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<Result<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#nextId++;
      const cancel = (): void => this.#post({ cancel: id });
      signal?.addEventListener("abort", cancel, { once: true });
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener("abort", cancel);
          settle(value);
        };
      };
      this.#calls.set(id, { resolve: settled(resolve as Call["resolve"]), reject: settled(reject) });
      this.#post({ id, name, args });
    });
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const call of this.#calls.values()) call.reject(this.#ended);
    this.#calls.clear();
  }
}

function errorOf({ code, message }: Failure): Error {
  if (code === "aborted") return new DOMException(message, "AbortError");
  return code === "unexpected" ? new Error(message) : new VielbeinError(code, message);
}
