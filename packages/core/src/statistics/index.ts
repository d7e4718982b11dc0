// Intervals by the bootstrap, and correlation of ranks.

export {
  type Bootstrap,
  type BootstrapOptions,
  bootstrap,
  bootstrapValues,
  intervalOf,
} from "./bootstrap.ts";
export {
  type RankCorrelation,
  type RankCorrelationOptions,
  rankCorrelation,
} from "./rank-correlation.ts";
export { studentQuantile } from "./student.ts";
