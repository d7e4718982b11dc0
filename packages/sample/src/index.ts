// The embedded sample: a small generator of cartoon faces, to try the tools on. See MODEL_CARD.md.

/** Location of the model file: z [n, 128] → w → w_plus → image [n, 3, 64, 64] in [−1, 1], prior N(0, 1). */
export const sampleUrl: URL = new URL("../faces.onnx", import.meta.url);
