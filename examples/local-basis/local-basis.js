// The directions in which a face changes most at one code, kept in a file, and a face moved along one that was read back.

import { readFileSync, writeFileSync } from "node:fs";
import { localBasis, samplePoints } from "@vielbein/core";
import { decodeDirections, encodeDirections } from "@vielbein/core/directions-file";
import { decodeModel, OnnxMap, resolveExternalData } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";

const file = await readModelFile(sampleUrl); // or "generator.onnx"
const model = await resolveExternalData(decodeModel(file.bytes, file.name), file.readExternal);
const map = await OnnxMap.create(model, new NodeRuntime());

const point = samplePoints(map.from, 1, 0, 1); // sample 0 of seed 1
const [{ inputVectors, singularValues }] = await localBasis(map, point, { k: 6 });
console.log(`σ: ${Array.from(singularValues, (x) => x.toFixed(2)).join(" ")}`);

const names = Array.from(singularValues, (_, k) => `d${k}`);
const values = { kind: "singular value", values: singularValues };
const set = { space: map.from, vectors: inputVectors, names, values, point, method: "local-basis" };
writeFileSync("directions.safetensors", encodeDirections(set));

// A unit step along a direction moves the picture by about σ.
const { vectors } = decodeDirections(readFileSync("directions.safetensors"), "directions.safetensors");
const step = 0.05;
const moved = point.map((x, i) => x + step * vectors.data[i * vectors.cols]);
const [before, after] = [await map.evaluate(point, 1), await map.evaluate(moved, 1)];
const speed = Math.hypot(...after.map((x, i) => x - before[i])) / step;
console.log(`speed along d0: ${speed.toFixed(2)}`);
