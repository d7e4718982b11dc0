// The singular values of ∂x̂₀/∂x_t at pictures with noise: how many a denoiser lets pass, beside the number of factors.

import { jacobianSpectrum } from "@vielbein/core";
import { normal } from "@vielbein/linalg";
import { composeDenoiser } from "@vielbein/onnx";

/** The map x_t → n, or x_t → x̂₀, of the embedded denoiser, or of one with other weights, at a level of noise. */
export async function denoiserMap(world, network, sigma, end) {
  const options = { input: "x", output: "x0", prediction: "x0", alpha: 1, sigma };
  const { model, ...tensors } = composeDenoiser(network, options);
  const inputs = { sigma: { type: "float32", dims: [1], data: Float32Array.of(sigma) } };
  return world.map({ from: "x", to: tensors[end], inputs }, model);
}

/** Streams of random numbers for the noise, one for each picture. */
const FIRST_NOISE = 2 ** 42;
const SEED = 7;

/** Singular values at every picture of every list, with noise of deviation σ, a draw for each. */
export async function spectra(world, network, sigma, lists) {
  const map = await denoiserMap(world, network, sigma, "denoised");
  const found = [];
  let draw = FIRST_NOISE;
  for (const list of lists) {
    const values = [];
    for (const picture of list) {
      const noise = normal(SEED, draw++, picture.length);
      const noisy = picture.map((x, i) => x + sigma * noise[i]);
      values.push((await jacobianSpectrum(map, noisy)).singularValues);
    }
    found.push(values);
  }
  await map.dispose();
  return found;
}

/** How many pass: those above ½. */
export const passed = (values) => values.filter((value) => value > 0.5).length;

/** Singular values on both sides of the number of factors, as text. */
export function edgeText(spectra, factors, median) {
  const at = (i) => median(spectra.map((values) => values[i])).toFixed(2);
  return `${at(factors - 1)}, ${at(factors)}`;
}
