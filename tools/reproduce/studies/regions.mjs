// Directions of four regions of the face: how far they change the rest of the image when the region changes equally,
// beside the local basis, SeFa and random directions (Zhu et al., "Region-Based Semantic Factorization in GANs", ICML
// 2022). The change is finite and measured on images: at vanishing steps the directions of a region are the best by
// definition.

import { jacobian, localBasisAt, randomDirections, regionDirections, regionSpeeds } from "@vielbein/core";
import { eigh, gram, leadingColumns, matrix } from "@vielbein/linalg";
import { equalized, rootMeanSquares } from "../common/perturb.mjs";
import { meanOf } from "../common/verdict.mjs";
import { row } from "../common/world.mjs";
import { regionReport } from "./regions-report.mjs";
import { sefaDirections } from "./warpage.mjs";

const SEED = 5;
/** Change of the region, in units of the mean difference of the region in independent images. */
const SIZE = 0.25;
/** How the step to that change is found: changes of a region may grow faster than steps. */
const SEARCH = { sweeps: 4, power: 0.75 };
/** Directions of each method. */
const LEADING = 3;
/** Codes at which every shuffled network is measured, the first ones. */
const CODES = 2;

/** Rectangles x, y, width, height in images of 64 × 64: where hair, spectacles and mouth of most faces are. */
const REGIONS = {
  spectacles: [[16, 26, 34, 17]],
  mouth: [[22, 43, 22, 10]],
  hair: [[14, 5, 36, 17]],
  background: [
    [0, 0, 6, 50],
    [58, 0, 6, 50],
  ],
};

export async function regions(world, { samples, shuffled: networks, reference }) {
  const masks = masksOf(world);
  const latents = world.latents(SEED, 0, samples);
  const codes = await world.mapping.evaluate(latents, samples);
  const sefa = await sefaDirections(world);
  const units = await unitsOf(world, masks, reference);
  const before = await world.images(codes, samples);
  const found = Object.fromEntries(Object.keys(REGIONS).map((name) => [name, {}]));
  const here = [];
  for (let i = 0; i < samples; i++) here.push(await directionsAt(world, masks, latents, codes, i, sefa));
  for (const [name, mask] of Object.entries(masks)) {
    const others = Object.keys(masks).filter((other) => other !== name);
    const methods = {
      ...Object.fromEntries(
        Object.keys(here[0].methods[name]).map((method) => [method, (i) => here[i].methods[name][method]]),
      ),
      "of another code": (i) => here[(i + 1) % samples].methods[name].region,
      "of another region": (i) => here[i].methods[others[i % others.length]].region,
    };
    for (const [method, directionsOf] of Object.entries(methods)) {
      found[name][method] = await quotients(world, codes, samples, {
        mask,
        before,
        target: SIZE * units[name],
        directionsOf,
        metricsOf: (i) => here[i].metrics[name],
      });
    }
  }
  return regionReport(world, {
    found,
    linear: await linearQuotients(world, masks, codes, networks, here),
    settings: `${samples} codes (seed ${SEED}), the first ${LEADING} directions of each method both ways, the region changed by ${SIZE} of its mean difference in ${reference} independent images (${Object.entries(
      units,
    )
      .map(([name, unit]) => `${name} ${unit.toFixed(3)}`)
      .join(
        ", ",
      )} by root mean square), directions of a region by the largest ratio (τ = 0.001), rectangles x, y, width, height: ${Object.entries(
      REGIONS,
    )
      .map(([name, rectangles]) => `${name} ${rectangles.map((sides) => sides.join(" ")).join(" and ")}`)
      .join(", ")}`,
    sizes: { samples, networks, codes: CODES },
  });
}

/** For every region, whether a number of the image is inside. */
function masksOf(world) {
  const [channels, height, width] = world.synthesis.to.shape;
  const isInside = (rectangles, x, y) =>
    rectangles.some(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h);
  return Object.fromEntries(
    Object.entries(REGIONS).map(([name, rectangles]) => [
      name,
      Uint8Array.from({ length: channels * height * width }, (_, at) =>
        Number(isInside(rectangles, at % width, Math.floor(at / width) % height)),
      ),
    ]),
  );
}

/** Mean root mean square difference of each region in pairs of independent images. */
async function unitsOf(world, masks, count) {
  const codes = await world.codes(SEED + 1, 0, count);
  const dim = world.mapping.to.dim;
  const sums = Object.fromEntries(Object.keys(masks).map((name) => [name, 0]));
  for (let i = 0; i + 1 < count; i += 2) {
    const images = await world.images(codes.slice(i * dim, (i + 2) * dim), 2);
    const size = images.length / 2;
    const [first, second] = [images.subarray(0, size), images.subarray(size)];
    for (const [name, mask] of Object.entries(masks)) {
      sums[name] += rootMeanSquares(first, second, 1, mask)[0] / Math.floor(count / 2);
    }
  }
  return sums;
}

/** Metrics inside and outside every region at code i, and the leading directions of every method. */
async function directionsAt(world, masks, latents, codes, i, sefa) {
  const metrics = await metricsAt(world.synthesis, row(codes, i, world.mapping.to.dim), masks);
  const { outputVectors } = await localBasisAt(world.mapping, row(latents, i, world.mapping.from.dim), {
    k: LEADING,
  });
  const shared = {
    "whole image": wholeBasis(metrics),
    "Local Basis": outputVectors,
    SeFa: sefa,
    random: randomDirections(sefa.rows, LEADING, SEED + 10 + i),
  };
  const methods = Object.fromEntries(
    Object.entries(metrics).map(([name, here]) => [
      name,
      {
        region: regionDirections(here, { outside: "ratio", k: LEADING }).vectors,
        "region, rest ignored": regionDirections(here, { outside: "ignore", k: LEADING }).vectors,
        ...shared,
      },
    ]),
  );
  return { metrics, methods };
}

/** The local basis of the whole image. */
function wholeBasis(metrics) {
  const [{ inner, outer }] = Object.values(metrics);
  const sums = inner.data.map((value, at) => value + outer.data[at]);
  return eigh(matrix(inner.rows, inner.cols, sums)).vectors;
}

/** g_in and g_out of every region, from the whole Jacobian. */
async function metricsAt(map, code, masks) {
  const j = await jacobian(map, code);
  const whole = gram(j);
  return Object.fromEntries(
    Object.entries(masks).map(([name, mask]) => {
      const rows = [...mask.keys()].filter((at) => mask[at]);
      const part = matrix(rows.length, j.cols);
      rows.forEach((at, r) => {
        part.data.set(row(j.data, at, j.cols), r * j.cols);
      });
      const inner = gram(part);
      const outer = matrix(
        j.cols,
        j.cols,
        whole.data.map((value, at) => value - inner.data[at]),
      );
      return [name, { inner, outer }];
    }),
  );
}

function column({ rows, cols, data }, k) {
  return Float64Array.from({ length: rows }, (_, r) => data[r * cols + k]);
}

/** Change outside per change inside, by norm, of every direction both ways: `[samples][2 · LEADING]`. */
async function quotients(world, codes, samples, { mask, before, target, directionsOf, metricsOf }) {
  const inside = mask.reduce((sum, x) => sum + x, 0);
  const outside = mask.map((x) => 1 - x);
  const result = Array.from({ length: samples }, () => []);
  const achieved = [];
  for (let k = 0; k < LEADING; k++) {
    const directionOf = (i) => column(directionsOf(i), k);
    const start = (i) => {
      const { rows, data } = { rows: directionsOf(i).rows, data: directionOf(i) };
      const [speed] = regionSpeeds(metricsOf(i), matrix(rows, 1, data)).inside;
      return (target * Math.sqrt(inside)) / speed;
    };
    const options = { target, start, mask, originals: before, ...SEARCH };
    for await (const batch of equalized(world, codes, samples, directionOf, options)) {
      const { first, count, images, changes } = batch;
      const beyond = rootMeanSquares(images, batch.before, 2 * count, outside);
      changes.forEach((change, r) => {
        achieved.push(change / target);
        const scale = Math.sqrt((mask.length - inside) / inside);
        result[first + (r >> 1)].push((scale * beyond[r]) / change);
      });
    }
  }
  return { quotients: result, achieved: meanOf(achieved) };
}

/**
 * Means of log(outside / inside) to first order over the first codes: of the directions of every region, and of those of
 * the whole image less these, in the trained network and in shuffled ones.
 */
async function linearQuotients(world, masks, codes, networks, here) {
  const dim = world.mapping.to.dim;
  const means = (all) =>
    Object.fromEntries(
      Object.keys(masks).map((name) => {
        const of = (directions) =>
          meanOf(all.map((metrics) => logQuotient(metrics[name], directions(metrics))));
        const own = of(
          (metrics) => regionDirections(metrics[name], { outside: "ratio", k: LEADING }).vectors,
        );
        return [name, { own, gain: of(wholeBasis) - own }];
      }),
    );
  const trained = means(here.slice(0, CODES).map(({ metrics }) => metrics));
  const shuffled = [];
  for (let s = 0; s < networks; s++) {
    const map = await world.map({ from: "w", to: "image" }, world.shuffled(SEED + s));
    const all = [];
    for (let i = 0; i < Math.min(CODES, here.length); i++) {
      all.push(await metricsAt(map, row(codes, i, dim), masks));
    }
    shuffled.push(means(all));
    await map.dispose();
  }
  return { trained, shuffled };
}

/** Of the first directions. */
function logQuotient(metrics, vectors) {
  const { inside, outside } = regionSpeeds(metrics, leadingColumns(vectors, LEADING));
  return meanOf(outside.map((value, k) => Math.log(value / inside[k])));
}
