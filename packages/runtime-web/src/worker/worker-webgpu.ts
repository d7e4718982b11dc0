// Entry of the worker that runs on WebGPU. A file of its own, so that pages without it never load its build.

import * as ort from "onnxruntime-web/webgpu";
import { serveEngine } from "./worker-host.ts";

serveEngine(ort);
