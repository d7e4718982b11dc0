// The least that a picture takes: a page that starts onnxruntime-web as the explorer does, with as many threads, and runs
// the embedded sample once. Its files are served as `vielbein explore` serves them: compressed, with threads allowed.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { sampleUrl } from "@vielbein/sample";

const engine = new URL("../../../node_modules/onnxruntime-web/dist/", import.meta.url);
const QUALITY = 5;

const PAGE = `<!doctype html><script type="module">
  import * as ort from "./ort.wasm.bundle.min.mjs";
  ort.env.wasm.numThreads = Math.min(2, navigator.hardwareConcurrency);
  const model = fetch("model.onnx").then((response) => response.arrayBuffer());
  const session = await ort.InferenceSession.create(await model);
  const [name] = session.inputNames;
  const { shape } = session.inputMetadata[0];
  const dims = shape.map((extent) => (typeof extent === "number" ? extent : 1));
  const code = new Float32Array(dims.reduce((product, extent) => product * extent, 1));
  await session.run({ [name]: new ort.Tensor("float32", code, dims) });
  globalThis.ran = performance.now();
</script>`;

/** Serves the page; what it returns ends that. */
export async function serveFloor() {
  const files = new Map([
    ["/", compressed(Buffer.from(PAGE), "text/html")],
    ...["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"].map((name) => [
      `/${name}`,
      compressed(
        readFileSync(new URL(name, engine)),
        name.endsWith("wasm") ? "application/wasm" : "text/javascript",
      ),
    ]),
    ["/model.onnx", { bytes: readFileSync(fileURLToPath(sampleUrl)), type: "application/octet-stream" }],
  ]);
  const server = createServer((request, response) => {
    const file = files.get(request.url);
    if (!file) return void response.writeHead(404).end();
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.setHeader("Cache-Control", "no-store");
    if (file.encoding) response.setHeader("Content-Encoding", file.encoding);
    response.writeHead(200, { "Content-Type": file.type, "Content-Length": file.bytes.length });
    response.end(file.bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function compressed(bytes, type) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return { bytes: brotliCompressSync(bytes, { params }), type, encoding: "br" };
}
