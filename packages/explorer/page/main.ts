// The page: the embedded sample, or the model that the address names; only one of the same server, so that an address
// that somebody passes on loads nothing from elsewhere.

import { startEngine } from "../src/worker-engine.ts";

const PROVIDERS = ["auto", "webgpu", "wasm"] as const;

const parameters = new URLSearchParams(location.search);
const src = parameters.get("src") ?? "faces.onnx";
const wanted = parameters.get("provider") ?? "auto";
const provider = PROVIDERS.find((name) => name === wanted);
const isOurs =
  URL.canParse(src, document.baseURI) && new URL(src, document.baseURI).origin === location.origin;

/** Says above the explorer what is wrong with the address. */
function complain(message: string): void {
  const paragraph = document.createElement("p");
  paragraph.role = "alert";
  paragraph.textContent = message;
  document.body.prepend(paragraph);
}

// The engine takes longest to start: it does so while the larger part of the page loads.
let started: ReturnType<typeof startEngine> | undefined = startEngine({ provider });
const { defineExplorer } = await import("@vielbein/viz/explorer");
defineExplorer(() => {
  const engine = started ?? startEngine({ provider });
  started = undefined;
  return engine;
});
if (!provider)
  complain(`There is no provider "${wanted}", only ${PROVIDERS.join(", ")}; the page takes auto.`);
if (isOurs) document.querySelector("vielbein-explorer")?.setAttribute("src", src);
else complain(`The model "${src}" is not on this server, ${location.origin}. Open it here as a file.`);
