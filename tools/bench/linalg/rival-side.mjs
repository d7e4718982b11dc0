// Another npm package, in the form of matrix that it wants.
//   node rival-side.mjs ml-matrix|mathjs|svd-js|numeric <folder of inputs>
// Looked up in $RIVALS/node_modules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { serve } from "./side.mjs";

const name = process.argv[2];
const require = createRequire(join(process.env.RIVALS, "package.json"));
const library = require(name);
const manifest = join(process.env.RIVALS, "node_modules", name, "package.json");
const { version } = JSON.parse(readFileSync(manifest, "utf8"));

const rowsOf = (data, rows, cols) =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
const largest = (values) => values.reduce((a, b) => Math.max(a, b));

const ways = (make) => (run, check) => ({
  prepare: (data, rows, cols) => ({ a: make(data, rows, cols) }),
  call(state) {
    state.result = run(state.a);
  },
  check: ({ result }) => check(result),
});

const libraries = {
  "ml-matrix"() {
    const { Matrix, SVD, EVD, QR, CholeskyDecomposition } = library;
    const way = ways((data, rows, cols) => new Matrix(rowsOf(data, rows, cols)));
    const svd = way(
      (a) => new SVD(a),
      (x) => x.diagonal[0],
    );
    const eigh = way(
      (a) => new EVD(a, { assumeSymmetric: true }),
      (x) => largest(x.realEigenvalues),
    );
    const matmul = way(
      (a) => a.mmul(a),
      (x) => x.get(0, 0),
    );
    return {
      "SVD 512": svd,
      "SVD 512, values only": way(
        (a) => new SVD(a, { computeLeftSingularVectors: false, computeRightSingularVectors: false }),
        (x) => x.diagonal[0],
      ),
      "SVD 2048×512": svd,
      "eigh 512": eigh,
      "eigh 1024": eigh,
      "eigh 4×4": eigh,
      "QR 512": way(
        (a) => {
          const qr = new QR(a);
          return { q: qr.orthogonalMatrix, r: qr.upperTriangularMatrix };
        },
        ({ r }) => Math.abs(r.get(0, 0)),
      ),
      "Cholesky 512": way(
        (a) => new CholeskyDecomposition(a).lowerTriangularMatrix,
        (x) => x.get(511, 511),
      ),
      "matmul 512": matmul,
      "matmul 1024": matmul,
      "Gram 200k×64": way(
        (a) => a.transpose().mmul(a),
        (x) => x.get(0, 0),
      ),
    };
  },
  // No SVD; eigs of a 512 x 512 matrix takes over a minute, so that only the small one is asked for.
  mathjs() {
    const way = ways((data, rows, cols) => library.matrix(rowsOf(data, rows, cols)));
    return {
      "eigh 4×4": way(
        (a) => library.eigs(a),
        ({ values }) => largest(values.toArray()),
      ),
      "matmul 512": way(
        (a) => library.multiply(a, a),
        (x) => x.get([0, 0]),
      ),
    };
  },
  "svd-js"() {
    const svd = ways(rowsOf)(
      (a) => library.SVD(a),
      ({ q }) => largest(q),
    );
    return { "SVD 512": svd, "SVD 2048×512": svd };
  },
  numeric() {
    const way = ways(rowsOf);
    return {
      "SVD 512": way(
        (a) => library.svd(a),
        ({ S }) => S[0],
      ),
      "matmul 512": way(
        (a) => library.dot(a, a),
        (x) => x[0][0],
      ),
      "eigh 4×4": way(
        (a) => library.eig(a),
        (x) => largest(x.lambda.x),
      ),
    };
  },
};

await serve(libraries[name](), { name, version });
