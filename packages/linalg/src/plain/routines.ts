// The backend "typescript": nothing to load, exact same results on every engine.

import type { Routines } from "../backend/routines.ts";
import { plainEigh } from "./eigh.ts";
import { gramOf, multiplyInto } from "./multiply.ts";
import { appendRowsPlain, plainQr } from "./qr.ts";
import { PlainRowStore } from "./row-store.ts";
import { plainEighStack, plainSvdStack } from "./stacks.ts";
import { plainSvd } from "./svd.ts";
import { plainCholesky, plainSolve, plainSolveTriangular } from "./triangular.ts";

export const plainRoutines: Routines = {
  // Jacobi is as accurate as "relative" asks for; there is no faster one here.
  svd: plainSvd,
  eigh: plainEigh,
  qr: plainQr,
  cholesky: plainCholesky,
  solve: plainSolve,
  solveTriangular: plainSolveTriangular,
  multiply(out, a, b, transposeA, transposeB) {
    out.data.fill(0);
    multiplyInto(out, a, b, transposeA, transposeB, false);
  },
  gram: gramOf,
  appendRows: appendRowsPlain,
  eighStack: plainEighStack,
  svdStack: plainSvdStack,
  rowStore: (length, capacity) => new PlainRowStore(length, capacity),
};
