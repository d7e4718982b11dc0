// Two pictures of a generator: the spectrum of its Jacobian at a few codes, and images along its leading directions.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { localBasis, samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap, resolveExternalData } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";
import { contactSheet, detectLayout, formatStep, measureRange, spectrumPlot, toRgba } from "@vielbein/viz";
import { rasterize } from "@vielbein/viz/raster";

const file = await readModelFile(sampleUrl); // or "generator.onnx"
const model = await resolveExternalData(decodeModel(file.bytes, file.name), file.readExternal);
const map = await OnnxMap.create(model, new NodeRuntime());

const { dim } = map.from;
const points = samplePoints(map.from, 1, 0, 3);
const bases = await localBasis(map, points, { k: 32 });
const series = bases.map(({ singularValues }, i) => ({ label: `sample ${i}`, values: singularValues }));
await draw("spectrum.png", spectrumPlot({ title: "Singular values of the Jacobian", series }));

// Every row is a direction, every column a step along it.
const steps = [-2, -1, 0, 1, 2];
const layout = detectLayout(map.to.shape);
const [{ inputVectors: v, singularValues }] = bases;
const rows = [];
for (let k = 0; k < 4; k++) {
  const codes = steps.flatMap((t) =>
    Array.from({ length: dim }, (_, i) => points[i] + t * v.data[i * v.cols + k]),
  );
  const tensors = await map.evaluate(Float32Array.from(codes), steps.length);
  rows.push({ k, tensors });
}
const range = measureRange(Float32Array.from(rows.flatMap(({ tensors }) => Array.from(tensors))));
const sheet = contactSheet({
  title: "Along the local basis",
  columnTitle: "step t",
  columnLabels: steps.map(formatStep),
  rows: rows.map(({ k, tensors }) => ({
    label: `direction ${k}`,
    sublabel: `σ = ${singularValues[k].toFixed(1)}`,
    images: steps.map((_, i) =>
      toRgba(tensors.subarray(i * map.to.dim, (i + 1) * map.to.dim), layout, range),
    ),
  })),
});
await draw("sheet.png", sheet);

async function draw(path, svg) {
  const { resolve } = createRequire(import.meta.url);
  const wasm = await readFile(resolve("@resvg/resvg-wasm/index_bg.wasm"));
  const fonts = ["DejaVuSans", "DejaVuSans-Bold"].map((name) =>
    readFile(resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)),
  );
  await writeFile(path, await rasterize(svg, { wasm, fonts: await Promise.all(fonts), scale: 2 }));
  console.log(path);
}
