// Decoders of β-VAEs (Burgess et al. 2018) under the names of disentangling-vae: dense layers and transposed
// convolutions, ReLU between them and a sigmoid behind the last.

import type { Architecture } from "./architecture.ts";
import { stack } from "./stack.ts";

export const betaVae: Architecture = {
  ...stack,
  name: "β-VAE (disentangling-vae)",
  version: 1,
  pattern: [/^lin1\.weight$/, /^lin3\.weight$/, /^convT1\.weight$/, /^convT3\.weight$/],
  range: "0,1",
  options: [],
  build: (network, weights) => stack.build(network, weights, { activation: "relu,sigmoid" }),
};
