export {
  type BackendInfo,
  type BackendName,
  backend,
  type InitializeOptions,
  initialize,
  release,
} from "./backend/backend.ts";
export { cholesky } from "./decompositions/cholesky.ts";
export { type Eigh, type EighOptions, eigh, eighGeneralized } from "./decompositions/eigh.ts";
export {
  type LeastSquares,
  leastSquares,
  pinv,
  type RankOptions,
  rank,
} from "./decompositions/least-squares.ts";
export { type Qr, type QrOptions, qr } from "./decompositions/qr.ts";
export { norm, unitColumns } from "./decompositions/scaling.ts";
export { canonicalSigns, orient } from "./decompositions/signs.ts";
export { type SolveOptions, solve } from "./decompositions/solve.ts";
export {
  type EighStack,
  eighStack,
  type StackOptions,
  type SvdStack,
  svdStack,
} from "./decompositions/stacks.ts";
export {
  orthogonal,
  orthonormalize,
  type Polar,
  polar,
  principalAngles,
} from "./decompositions/subspaces.ts";
export { type Svd, type SvdOptions, svd } from "./decompositions/svd.ts";
export {
  type Chunks,
  StreamingQr,
  type TallQr,
  type TallSvd,
  type TallSvdOptions,
  tallSkinnyQR,
  tallSvd,
} from "./decompositions/tall.ts";
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
export { eigsh } from "./iterative/eigsh.ts";
export type { BlockOperator, LinearOperator } from "./iterative/operator.ts";
export type { EigshOptions, PartialEigh } from "./iterative/partial-eigh.ts";
export type { PartialSvd, SvdsOptions } from "./iterative/partial-svd.ts";
export { svds } from "./iterative/svds.ts";
export { estimateTrace, type TraceEstimate, type TraceOptions } from "./iterative/trace.ts";
export { gram, type MatmulOptions, matmul } from "./matmul.ts";
export {
  columnsAt,
  fromRows,
  identity,
  leadingColumns,
  type Matrix,
  matrix,
  rowAt,
  transpose,
} from "./matrix.ts";
export { fromStack, type MatrixStack } from "./matrix-stack.ts";
export { normal, type UniformOptions, uniform } from "./random/random.ts";
