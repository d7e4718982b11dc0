// A map that is no network: two angles → a torus in space. Its geometry is known, so every number can be checked by hand.

import { functionMap, metricTensor } from "@vielbein/core";
import { geodesic } from "@vielbein/core/paths";

const [major, minor] = [2, 1];
const torus = functionMap({
  from: { name: "angles", dim: 2, shape: [2] },
  to: { name: "space", dim: 3, shape: [3] },
  evaluate: ([along, around]) => {
    const radius = major + minor * Math.cos(around);
    return [radius * Math.cos(along), radius * Math.sin(along), minor * Math.sin(around)];
  },
});

// On the outer equator a unit of the first angle is 3 long, on the inner one 1; a unit of the second is 1 everywhere.
for (const [name, around] of [
  ["outer", 0],
  ["inner", Math.PI],
]) {
  const point = Float32Array.of(0, around);
  const { data } = await metricTensor(torus, point);
  console.log(`${name} equator: metric ${Array.from(data, (x) => x.toFixed(3)).join(" ")}`);
}

// Between two points of the top circle the shortest way bends inwards, where the torus is narrower. Along it the radius
// times the part of the velocity along the circle stays the same (Clairaut's relation).
const [start, end] = [Float32Array.of(-1, Math.PI / 2), Float32Array.of(1, Math.PI / 2)];
const way = await geodesic(torus, start, end, { segments: 64 });
console.log(`straight ${way.straight.length.toFixed(3)}, geodesic ${way.length.toFixed(3)}`);

const steps = Array.from({ length: 64 }, (_, i) => {
  const [a, v, b, w] = way.points.slice(2 * i, 2 * i + 4);
  return (major + minor * Math.cos((v + w) / 2)) ** 2 * (b - a) * (64 / way.length);
});
console.log(`Clairaut: from ${Math.min(...steps).toFixed(3)} to ${Math.max(...steps).toFixed(3)}`);
