// The page: the embedded sample, or the model that the address names; only one of the same server, so that an address
// that somebody passes on loads nothing from elsewhere.

import { defineExplorer } from "../src/index.ts";

const parameters = new URLSearchParams(location.search);
const source = new URL(parameters.get("src") ?? "faces.onnx", document.baseURI);
const provider = (["wasm", "webgpu"] as const).find((name) => name === parameters.get("provider"));

defineExplorer(provider ? { provider } : {});
if (source.origin === location.origin) {
  document.querySelector("vielbein-explorer")!.setAttribute("src", source.href);
}
