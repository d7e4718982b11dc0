// What a server must serve, into public/: the page and its sketch, p5, the explorer in one file, the engine's WebAssembly and a model.
// Any static server does. `ort-wasm-simd-threaded.asyncify.wasm` is the engine on WebGPU; without it, WebAssembly runs.

import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const files = [
  "@vielbein/explorer/standalone",
  "onnxruntime-web/ort-wasm-simd-threaded.wasm",
  "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm",
  "@vielbein/sample/faces.onnx",
  "p5/lib/p5.min.js",
];
const paths = [
  ...["index.html", "sketch.js"].map((name) => new URL(name, import.meta.url).href),
  ...files.map((name) => import.meta.resolve(name)),
];

mkdirSync("public", { recursive: true });
for (const path of paths) copyFileSync(fileURLToPath(path), `public/${path.split("/").at(-1)}`);
