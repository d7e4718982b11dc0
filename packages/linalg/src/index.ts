export {
  type BackendInfo,
  type BackendName,
  backend,
  type InitializeOptions,
  initialize,
  release,
} from "./backend.ts";
export { cholesky } from "./cholesky.ts";
export { type Eigh, type EighOptions, eigh, eighGeneralized } from "./eigh.ts";
export { ConvergenceError, LapackError, LinalgError, type LinalgErrorCode } from "./errors.ts";
export {
  fromMathjs,
  fromMlMatrix,
  type MathjsMatrix,
  type MlMatrix,
  toMathjs,
  toMlMatrix,
  toRows,
} from "./interop.ts";
export { type EigshOptions, eigsh, type PartialEigh } from "./iterative/eigsh.ts";
export type { BlockOperator, LinearOperator } from "./iterative/operator.ts";
export { type PartialSvd, type SvdsOptions, svds } from "./iterative/svds.ts";
export { type LeastSquares, leastSquares, pinv, type RankOptions, rank } from "./least-squares.ts";
export { gram, type MatmulOptions, matmul } from "./matmul.ts";
export { fromRows, identity, leadingColumns, type Matrix, matrix, transpose } from "./matrix.ts";
export { type Qr, type QrOptions, qr } from "./qr.ts";
export { normal, type UniformOptions, uniform } from "./random.ts";
export { norm, unitColumns } from "./scaling.ts";
export { canonicalSigns } from "./signs.ts";
export { type SolveOptions, solve } from "./solve.ts";
export {
  type EighStack,
  eighStack,
  fromStack,
  type MatrixStack,
  type StackOptions,
  type SvdStack,
  svdStack,
} from "./stacks.ts";
export { orthogonal, orthonormalize, type Polar, polar, principalAngles } from "./subspaces.ts";
export { type Svd, type SvdOptions, svd } from "./svd.ts";
export {
  type Chunks,
  StreamingQr,
  type TallQr,
  type TallSvd,
  type TallSvdOptions,
  tallSkinnyQR,
  tallSvd,
} from "./tall.ts";
