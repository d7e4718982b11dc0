// Entry of the worker that runs on WebAssembly.

import * as ort from "onnxruntime-web/wasm";
import { serveEngine } from "./worker-host.ts";

serveEngine(ort);
