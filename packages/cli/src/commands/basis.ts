// vielbein basis: singular values and vectors of the Jacobian at sampled or given points.

import { cheaperMethod, type LocalBasis, localBasisAt, type Provenance } from "@vielbein/core";
import { writeNpz } from "@vielbein/linalg/npy";
import type { Command } from "commander";
import { integer } from "../arguments.ts";
import {
  addMapOptions,
  addPointOptions,
  loadModel,
  type MapOptions,
  obtainPoints,
  openMap,
  type PointOptions,
  provenanceOf,
} from "../model.ts";
import { writeWhole } from "../output.ts";
import { bold, dim, info, Progress, type Terminal, table } from "../terminal.ts";

interface BasisOptions extends MapOptions, PointOptions {
  samples: number;
  rank?: number;
  out?: string;
  json?: boolean;
}

export function basisCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addPointOptions(
    addMapOptions(
      program
        .command("basis <model>")
        .summary("local basis: singular values and vectors of the Jacobian")
        .description(
          "Computes the local basis (Jacobian, exact, and its singular value decomposition) at sampled or given points. Prints the singular values; --out keeps the vectors.",
        ),
    ),
  )
    .option("--samples <n>", "number of points to draw", integer(1), 1)
    .option("--rank <k>", "leading directions to keep (default: all)", integer(1))
    .option("--out <file.npz>", "write points, values, singular values and vectors for numpy.load")
    .option("--json", "one JSON document on stdout")
    .action(async (argument: string, options: BasisOptions) => {
      const loaded = await loadModel(argument, options);
      const map = await openMap(loaded, options);
      const points = await obtainPoints(map, options, 0, options.samples);
      const { rank, memory } = options;
      const provenance = provenanceOf(loaded, map, "local basis", points.source, {
        rank: rank ?? "all",
        jacobian: cheaperMethod(map),
      });

      // What was computed before a failure or an interrupt is written all the same.
      const bases: LocalBasis[] = [];
      const progress = new Progress(terminal, "local bases", points.count);
      try {
        for (let i = 0; i < points.count; i++) {
          const point = points.values.slice(i * map.from.dim, (i + 1) * map.from.dim);
          bases.push(
            await localBasisAt(map, point, {
              signal,
              ...(rank === undefined ? {} : { rank }),
              ...(memory === undefined ? {} : { memoryBudget: memory }),
            }),
          );
          progress.step(i + 1);
          // The engine holds the thread while it runs: let signals in between points.
          await new Promise(setImmediate);
        }
      } finally {
        progress.done();
        await map.dispose();
        if (bases.length > 0) await report(terminal, options, bases, provenance);
      }
    });
}

async function report(
  terminal: Terminal,
  options: BasisOptions,
  bases: readonly LocalBasis[],
  provenance: Provenance,
): Promise<void> {
  if (options.out !== undefined) {
    await writeWhole(options.out, toNpz(bases, provenance));
    info(terminal, `wrote ${options.out}`);
  }
  terminal.stdout.write(
    options.json ? `${JSON.stringify(toJson(bases, provenance), null, 2)}\n` : toText(bases, provenance),
  );
}

function toJson(bases: readonly LocalBasis[], provenance: Provenance): object {
  const { from, to } = provenance;
  return {
    from,
    to,
    points: bases.map((basis, index) => ({
      index,
      point: Array.from(basis.point),
      singularValues: Array.from(basis.singularValues),
    })),
    provenance,
  };
}

/** Arrays of the .npz file: n points, d = from.dim, m = to.dim, r directions; provenance as UTF-8 JSON. */
function toNpz(bases: readonly LocalBasis[], provenance: Provenance): Uint8Array {
  const n = bases.length;
  const [d, m, r] = [provenance.from.dim, provenance.to.dim, bases[0]!.singularValues.length];
  const json = new TextEncoder().encode(JSON.stringify(provenance));
  return writeNpz({
    points: {
      shape: [n, d],
      data: joined(
        Float32Array,
        bases.map((b) => b.point),
      ),
    },
    values: {
      shape: [n, m],
      data: joined(
        Float32Array,
        bases.map((b) => b.value),
      ),
    },
    singular_values: {
      shape: [n, r],
      data: joined(
        Float64Array,
        bases.map((b) => b.singularValues),
      ),
    },
    input_vectors: {
      shape: [n, d, r],
      data: joined(
        Float64Array,
        bases.map((b) => b.inputVectors.data),
      ),
    },
    output_vectors: {
      shape: [n, m, r],
      data: joined(
        Float64Array,
        bases.map((b) => b.outputVectors.data),
      ),
    },
    provenance: { shape: [json.length], data: json },
  });
}

function joined<A extends Float32Array | Float64Array>(
  make: new (length: number) => A,
  parts: readonly A[],
): A {
  const result = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    result.set(part, position);
    position += part.length;
  }
  return result;
}

const SHOWN = 10;

function toText(bases: readonly LocalBasis[], { from, to, points }: Provenance): string {
  const r = bases[0]!.singularValues.length;
  const origin = "seed" in points ? `seed ${points.seed}` : points.file;
  const header = ["point", ...Array.from({ length: Math.min(r, SHOWN) }, (_, i) => `σ${i}`)];
  const rows = bases.map((basis, index) => [
    String(index),
    ...Array.from(basis.singularValues.subarray(0, SHOWN), (s) => s.toPrecision(5)),
  ]);
  const columns = header.map((_, i) => i);
  const rest = r > SHOWN ? dim(`\n… ${r - SHOWN} more of each: --json or --out`) : "";
  const title = `${bold(`${from.name} [${from.shape.join(", ")}] → ${to.name} [${to.shape.join(", ")}]`)}  ${dim(origin)}`;
  return `${title}\n${table([header, ...rows], columns)}${rest}\n`;
}
