// Runs in the browser, from a bundle: decompositions on the backend that the page's address asks for, and
// the same in a worker. What they return is left on `globalThis` for the test to collect.

import { backend, initialize, matrix, svd, uniform } from "@vielbein/linalg";

/** SHA-256 of U, s and V of a 65 × 40 matrix, uniform since engines differ in the logarithm that normal needs. */
export async function checksum() {
  const { u, s, v } = svd(matrix(65, 40, uniform(1, 0, 65 * 40, { low: -1 })));
  const values = Float64Array.from([...u.data, ...s, ...v.data]);
  const digest = await crypto.subtle.digest("SHA-256", values.buffer);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function report(wanted) {
  // Without `initialize` the first call has to find its own way.
  if (wanted) await initialize({ backend: wanted, deterministic: true });
  return { checksum: await checksum(), backend: backend().name, reason: backend().reason };
}

const isWorker = typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope;
if (isWorker) {
  globalThis.onmessage = async ({ data }) => globalThis.postMessage(await report(data));
} else if (typeof location !== "undefined") {
  const query = new URLSearchParams(location.search);
  const wanted = query.get("backend") ?? undefined;
  const work = query.has("worker")
    ? new Promise((resolve, reject) => {
        const worker = new Worker(query.get("worker"), { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(wanted);
      })
    : report(wanted);
  work.then(
    (result) => {
      globalThis.result = result;
    },
    (error) => {
      globalThis.result = { error: String(error) };
    },
  );
}
