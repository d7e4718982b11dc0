export { type Eigh, eigh } from "./eigh.ts";
export { LinalgError, type LinalgErrorCode } from "./errors.ts";
export { gram, type MatmulOptions, matmul } from "./matmul.ts";
export { fromRows, identity, type Matrix, matrix, transpose } from "./matrix.ts";
export { type Qr, qr } from "./qr.ts";
export { normal, type UniformOptions, uniform } from "./random.ts";
export { canonicalSigns } from "./signs.ts";
export { type Svd, type SvdOptions, svd } from "./svd.ts";
