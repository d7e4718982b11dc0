// The explorer, driven by its API: buttons of the page move the code, and the page reads the directions that are found.

import { defineExplorer } from "@vielbein/explorer";
import model from "@vielbein/sample/faces.onnx?url";

const [explorer, there, back, speed] = ["vielbein-explorer", "#there", "#back", "#speed"].map((selector) =>
  document.querySelector(selector),
);
const provider = new URLSearchParams(location.search).get("provider") ?? "auto";
defineExplorer({ provider });

explorer.addEventListener("basis", ({ detail: { spectrum } }) => {
  speed.value = `σ₀ = ${spectrum.singularValues[0].toFixed(1)}`;
});
await explorer.loadModel(model);

const start = explorer.latent;
there.addEventListener("click", () => {
  const { vectors } = explorer.directions.get("basis").set;
  return explorer.setCode(explorer.latent.map((x, i) => x + 2 * vectors.data[i * vectors.cols]));
});
back.addEventListener("click", () => explorer.setCode(start));
for (const button of [there, back]) button.disabled = false;
