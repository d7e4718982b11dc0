// Which family of generators a graph looks like, judged by the structure that sets each family apart. A hint
// for people, never used by the mathematics.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { Features } from "./features.ts";

/** A family of generators that a graph is built like. */
export interface FamilyReport {
  /** E.g. `StyleGAN2`: the graph is built like one, whoever trained it. */
  readonly name: string;
  /** What gives it away. */
  readonly because: string;
}

const transformer: FamilyReport = {
  name: "transformer decoder",
  because: "attention between layer normalisations",
};

/** The family of a prepared graph, or undefined where nothing is characteristic. */
export function architectureFamily(graph: PreparedGraph): FamilyReport | undefined {
  const features = new Features(graph);
  const couplings = features.keepsDimension ? features.couplings() : 0;
  if (couplings > 0) {
    return report("normalising flow", `${couplings} times, one part passes and moves the other`);
  }
  if (features.keepsShape) return denoiserFamily(features);
  return features.isImage ? imageFamily(features) : vectorFamily(features);
}

/** From an image to one of the same shape. */
function denoiserFamily(f: Features): FamilyReport | undefined {
  if (f.joinsScales()) return report("U-Net", "features of several sizes are joined along their channels");
  if (f.has("LayerNormalization") && f.has("Softmax")) {
    return report(
      "diffusion transformer",
      "attention between layer normalisations, from an image to its like",
    );
  }
  return undefined;
}

function imageFamily(f: Features): FamilyReport | undefined {
  if (f.has("CumSum") && f.has("Exp")) {
    return report("radiance field", "colours along rays, weighted by what lies before them");
  }
  const chosen = f.chosenKernels();
  if (chosen > 0)
    return report("GigaGAN", `${chosen} convolutions whose kernels a softmax mixes from several`);
  const modulated = f.modulatedConvolutions();
  if (modulated > 0 && f.has("Sin", "Cos")) {
    return report("StyleGAN3", `${modulated} convolutions modulated by styles, and Fourier features`);
  }
  if (modulated > 0) return report("StyleGAN2", `${modulated} convolutions modulated by styles`);
  const adaptive = f.scaledAfter("InstanceNormalization");
  if (adaptive > 0) return report("StyleGAN1", `${adaptive} instance normalisations scaled by styles`);
  if (f.upsamplesPlaces) {
    return report(
      "latent decoder",
      "from a code of several channels at every place to an image of more pixels",
    );
  }
  const conditional = f.channelScales();
  if (conditional > 0) return report("BigGAN", `${conditional} layers scaled per channel by the code`);
  if (f.normalisesPixels()) return report("PGGAN", "features are normalised pixel by pixel");
  if (f.has("LayerNormalization") && f.has("Softmax")) return transformer;
  if (f.has("InstanceNormalization") && f.has("Resize")) {
    return report("convolutional decoder", "upsampling, convolutions and group or instance normalisation");
  }
  if (!f.has("Conv", "ConvTranspose")) return undefined;
  if (f.transposesPixel()) {
    return report("DCGAN", "transposed convolutions straight from the code");
  }
  return report("convolutional decoder", "transposed or upsampled convolutions without normalisation");
}

function vectorFamily(f: Features): FamilyReport | undefined {
  if (f.isSignal && f.has("Conv", "ConvTranspose")) {
    return report("waveform decoder", "convolutions along the one axis of a signal");
  }
  const gates = f.recurrentGates();
  if (gates > 1) return report("recurrent decoder", `${gates} steps of gated cells`);
  if (f.has("Conv", "ConvTranspose") || !f.has("Gemm", "MatMul")) return undefined;
  if (f.normalisesCode()) {
    return report("StyleGAN mapping network", "fully connected layers behind a normalised code");
  }
  if (f.has("LayerNormalization") && f.has("Softmax")) return transformer;
  return f.has("Softmax") ? undefined : report("fully connected network", "no convolution, no attention");
}

function report(name: string, because: string): FamilyReport {
  return { name, because };
}
