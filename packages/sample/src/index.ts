// The embedded samples, to try the tools on: a small generator of cartoon faces, and a small denoiser of pictures with
// known numbers of varying factors. See MODEL_CARD.md and DENOISER_CARD.md.

/** Location of the generator: z [n, 128] → w → w_plus → image [n, 3, 64, 64] in [−1, 1], prior N(0, 1). */
export const sampleUrl: URL = new URL("../faces.onnx", import.meta.url);

/** Location of the denoiser: x [n, 1, 16, 16] and sigma [1] → x0 [n, 1, 16, 16], data in [−1, 1]. */
export const sampleDenoiserUrl: URL = new URL("../shapes-denoiser.onnx", import.meta.url);

/**
 * Location of pictures for it, an .npz file: `pictures` [50, 1, 16, 16], and `factors` [50], how many factors vary in
 * the family of each; 0 for the ten pictures that its training saw again and again.
 */
export const samplePicturesUrl: URL = new URL("../shapes.npz", import.meta.url);
