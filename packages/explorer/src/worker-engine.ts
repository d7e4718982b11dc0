// The page's side: an engine in a module worker.

import { VielbeinError } from "@vielbein/core";
import { WorkerCalls } from "@vielbein/runtime-web/calls";
import type { ExplorerEngine } from "@vielbein/viz/explorer";
import type { ExplorerProcedures } from "./worker-host.ts";

/** The engine that the worker serves. */
export function workerEngine(worker: Worker): ExplorerEngine {
  const calls = new WorkerCalls<ExplorerProcedures>(worker, (message) => {
    const what = message ? `ended: ${message}` : "could not be loaded";
    return new VielbeinError("BACKEND_UNAVAILABLE", `The explorer's worker ${what}. Reload the page.`);
  });
  return {
    load: (file, spaces, options) => calls.call("load", [file, spaces], options),
    choose: (spaces, options) => calls.call("choose", [spaces], options),
    arrange: (layout, options) => calls.call("arrange", [layout], options),
    sample: (seed, truncation, options) => calls.call("sample", [seed, truncation], options),
    render: (points, count, options) => calls.call("render", [points, count], options),
    thumbnails: (points, count, side, options) => calls.call("thumbnails", [points, count, side], options),
    difference: (point, reference, options) => calls.call("difference", [point, reference], options),
    heat: (point, direction, options) => calls.call("heat", [point, direction], options),
    animate: (points, count, playback, options) => calls.call("animate", [points, count, playback], options),
    basis: (point, options) => calls.call("basis", [point], options),
    directions: (kind, point, options) => calls.call("directions", [kind, point], options),
    region: (point, region, options) => calls.call("region", [point, region], options),
    open: (file, point, options) => calls.call("open", [file, point], options),
    save: (set, options) => calls.call("save", [set], options),
    dispose: () => calls.end(new DOMException("The explorer was closed.", "AbortError")),
  };
}
