// All operator cases, by family.

import { arithmetic } from "./arithmetic.ts";
import type { OperatorCase } from "./case.ts";
import { composites } from "./composites.ts";
import { convolution } from "./convolution.ts";
import { deformations } from "./deformed.ts";
import { elementwise } from "./elementwise.ts";
import { further } from "./further.ts";
import { indexing } from "./indexing.ts";
import { matrices } from "./matrices.ts";
import { pooling } from "./pooling.ts";
import { recurrents } from "./recurrent.ts";
import { reductions } from "./reductions.ts";
import { resize } from "./resize.ts";
import { sampling } from "./sampling.ts";
import { shapes } from "./shapes.ts";
import { slicing } from "./slicing.ts";
import { writtenOutFurther } from "./written-out.ts";

export const families = {
  elementwise,
  arithmetic,
  matrices,
  convolution,
  deformations,
  pooling,
  reductions,
  resize,
  shapes,
  slicing,
  indexing,
  sampling,
  composites,
  recurrents,
  writtenOutFurther,
  further,
};
export const everyCase: readonly OperatorCase[] = Object.values(families).flat();
