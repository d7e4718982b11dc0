// Decoders of β-VAEs (Burgess et al. 2018) under the names of disentangling-vae: dense layers and transposed
// convolutions, ReLU between them and a sigmoid behind the last.

import type { Architecture } from "./architecture.ts";
import { stack, writeStack } from "./stack.ts";

const PUBLISHED = "relu,sigmoid";

export const betaVae: Architecture = {
  ...stack,
  name: "β-VAE (disentangling-vae)",
  version: 1,
  pattern: [/^lin1\.weight$/, /^lin3\.weight$/, /^convT1\.weight$/, /^convT3\.weight$/],
  build: (network, weights, options, others) => writeStack(network, weights, options, others, PUBLISHED),
};
