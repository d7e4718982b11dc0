// The networks of bench:large, with seeded random weights, whose spectra fall more slowly than those of trained ones.

import { latentDecoder, stylegan2 } from "../derivatives/networks.mjs";

/** By name: the model, the tensor it starts at (default: its input), and the vectors in one product beside PyTorch. */
export const networks = new Map([
  ["stylegan2-64", { make: () => stylegan2(64), from: "t28", vectors: 8 }],
  ["stylegan2-256", { make: () => stylegan2(256), from: "t28", vectors: 8 }],
  ["stylegan2-1024", { make: () => stylegan2(1024), from: "t28", vectors: 1 }],
  ["latent-decoder-64", { make: () => latentDecoder(8, 32), vectors: 8 }],
  ["latent-decoder-256", { make: () => latentDecoder(32), vectors: 1 }],
]);

/** What is measured where nothing is named. */
export const published = ["stylegan2-256", "stylegan2-1024", "latent-decoder-256"];
