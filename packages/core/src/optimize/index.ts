// Optimisers over asynchronous functions.

export { type AdamOptions, adam } from "./adam.ts";
export { type BlackBox, type CmaEsOptions, cmaEs } from "./cma-es.ts";
export { type LbfgsOptions, lbfgs } from "./lbfgs.ts";
export {
  type LeastSquaresModel,
  type LeastSquaresObjective,
  type LevenbergMarquardtOptions,
  levenbergMarquardt,
} from "./levenberg-marquardt.ts";
export type {
  DifferentiableObjective,
  Minimum,
  Progress,
  StepOptions,
  ValueAndGradient,
} from "./objective.ts";
