// Entry of the worker that runs on WebAssembly.

import * as ort from "onnxruntime-web/wasm";
import { serve } from "./worker-host.ts";

serve(ort);
