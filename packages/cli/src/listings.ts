// The commands, in the order in which they are listed. Each is loaded when it is asked for: the list itself costs nothing.

import type { CommandValue } from "./kit/command.ts";
import type { Title } from "./kit/title.ts";

export interface Listing extends Title {
  readonly load: () => Promise<CommandValue>;
}

export const listings: readonly Listing[] = [
  {
    name: "inspect",
    summary: "inputs, outputs, spaces, operators, and what can be differentiated",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  {
    name: "report",
    summary: "everything about a generator on one page, or two side by side",
    load: async () => (await import("./commands/report/command.ts")).report,
  },
  {
    name: "samples",
    summary: "images of samples, as a sheet",
    load: async () => (await import("./commands/samples.ts")).samples,
  },
  {
    name: "basis",
    summary: "local basis: singular values and vectors of the Jacobian",
    load: async () => (await import("./commands/basis.ts")).basis,
  },
  {
    name: "traverse",
    summary: "images along the local directions, as a sheet or an animation",
    load: async () => (await import("./commands/traverse/command.ts")).traverse,
  },
  {
    name: "dimension",
    summary: "local dimension, layer by layer",
    load: async () => (await import("./commands/dimension/command.ts")).dimension,
  },
  {
    name: "intrinsic",
    summary: "intrinsic dimension of a cloud of points, by many estimators",
    load: async () => (await import("./commands/intrinsic/command.ts")).intrinsic,
  },
  {
    name: "flipd",
    summary: "local dimension of the data behind a denoiser (FLIPD)",
    load: async () => (await import("./commands/flipd/command.ts")).flipd,
  },
  {
    name: "distortion",
    summary: "how uneven tangent spaces are, layer by layer",
    load: async () => (await import("./commands/distortion/command.ts")).distortion,
  },
  {
    name: "warpage",
    summary: "how far tangent spaces turn from place to place",
    load: async () => (await import("./commands/warpage/command.ts")).warpage,
  },
  {
    name: "metric",
    summary: "metric of the image manifold: spectrum, anisotropy, homogeneity",
    load: async () => (await import("./commands/metric/command.ts")).metric,
  },
  {
    name: "curvature",
    summary: "how the image manifold is curved along local directions",
    load: async () => (await import("./commands/curvature/command.ts")).curvature,
  },
  {
    name: "axes",
    summary: "contact sheet of images along axes of the metric",
    load: async () => (await import("./commands/axes/command.ts")).axes,
  },
  {
    name: "compare",
    summary: "principal angles between sets of directions",
    load: async () => (await import("./commands/compare/command.ts")).compare,
  },
  {
    name: "sefa",
    summary: "directions from the weights alone, in closed form",
    load: async () => (await import("./commands/sefa/command.ts")).sefa,
  },
  {
    name: "pca",
    summary: "principal components of sampled activations (GANSpace)",
    load: async () => (await import("./commands/pca.ts")).pca,
  },
  {
    name: "frechet",
    summary: "global directions that local bases agree on (Fréchet basis)",
    load: async () => (await import("./commands/frechet/command.ts")).frechet,
  },
  {
    name: "region",
    summary: "directions that move one region of the picture",
    load: async () => (await import("./commands/region/command.ts")).region,
  },
  {
    name: "random",
    summary: "random directions, a control for directions that were found",
    load: async () => (await import("./commands/random.ts")).random,
  },
  {
    name: "directions",
    summary: "directions of other programs",
    load: async () => (await import("./commands/directions.ts")).directions,
  },
  {
    name: "edit",
    summary: "move samples by an expression of named directions",
    load: async () => (await import("./commands/edit/command.ts")).edit,
  },
  {
    name: "invert",
    summary: "find a code for an image",
    load: async () => (await import("./commands/invert/command.ts")).invert,
  },
  {
    name: "geodesic",
    summary: "shortest way between two codes by how far the output moves",
    load: async () => (await import("./commands/geodesic/command.ts")).geodesic,
  },
  {
    name: "ppl",
    summary: "perceptual path length, exact and by differences",
    load: async () => (await import("./commands/ppl.ts")).ppl,
  },
  {
    name: "derive",
    summary: "write a derivative as an ONNX file",
    load: async () => (await import("./commands/derive.ts")).derive,
  },
  {
    name: "survey",
    summary: "many points: plan, compute anywhere, resume, report",
    load: async () => (await import("./survey/command.ts")).survey,
  },
  {
    name: "convert",
    summary: "write a checkpoint as an ONNX file",
    load: async () => (await import("./commands/convert.ts")).convert,
  },
  {
    name: "explore",
    summary: "move through the latent space in the browser",
    load: async () => (await import("./commands/explore/command.ts")).explore,
  },
];
