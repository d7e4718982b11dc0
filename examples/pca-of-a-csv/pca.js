// Principal components of a table: the planets of the Sun, by eight measurements of each.

import { readFileSync, writeFileSync } from "node:fs";
import { fromRows, svd } from "@vielbein/linalg";
import { writeNpz } from "@vielbein/linalg/npy";

const lines = readFileSync(new URL("planets.csv", import.meta.url), "utf8")
  .trim()
  .split("\n");
const [[, ...measurements], ...rows] = lines.map((line) => line.split(","));
const planets = rows.map(([name]) => name);

// Sizes and distances span orders of magnitude: their logarithms, each column with mean 0 and deviation 1.
const columns = measurements.map((_, j) => standardised(rows.map((row) => Math.log(Number(row[j + 1])))));
const table = fromRows(planets.map((_, i) => columns.map((column) => column[i])));

// Rows of u·diag(s) are the planets in the coordinates of the components, columns of v the components.
const { u, s, v } = svd(table, { sign: "canonical" });
const variances = s.map((x) => x ** 2 / (planets.length - 1));
const total = variances.reduce((a, b) => a + b);

console.log(
  `variance: ${[...variances.slice(0, 3)].map((x) => `${((100 * x) / total).toFixed(1)} %`).join(", ")}`,
);
planets.forEach((name, i) => {
  const [x, y] = [0, 1].map((k) => (u.data[i * u.cols + k] * s[k]).toFixed(2).padStart(6));
  console.log(`${name.padEnd(8)} ${x} ${y}`);
});

const npz = writeNpz({
  scores: { shape: [u.rows, u.cols], data: u.data.map((x, i) => x * s[i % u.cols]) },
  components: { shape: [v.rows, v.cols], data: v.data },
  variances: { shape: [variances.length], data: variances },
});
writeFileSync("pca.npz", npz);

function standardised(values) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.hypot(...values.map((x) => x - mean)) / Math.sqrt(values.length - 1);
  return values.map((x) => (x - mean) / deviation);
}
