// vielbein sefa: directions from the weights of the first affine maps.

import {
  type AffineMap,
  type DirectionSet,
  defaultNames,
  factorize,
  type Provenance,
  type Sefa,
  type SefaOptions,
  type SefaSelection,
  selectMaps,
  stackWeights,
} from "@vielbein/core";
import { leadingColumns } from "@vielbein/linalg";
import { firstAffineMaps } from "@vielbein/onnx";
import { InvalidArgumentError } from "commander";
import { atMost } from "../../inputs/direction-counts.ts";
import { writeDirections } from "../../inputs/direction-files.ts";
import { type LoadedModel, mapOptions, pointOptions, provenanceOf } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import { type PreparedMap, prepareMap } from "../../inputs/prepared.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { OutputPrefixOption, output } from "../../kit/command-files.ts";
import { spacesText } from "../../kit/names.ts";
import { choice, json, type OptionsOf, option } from "../../kit/options.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { number, percent, significant, table, text } from "../../kit/table.ts";
import type { Task } from "../../kit/task.ts";
import { dim, heading, info } from "../../kit/terminal.ts";
import { PAGE_ENDINGS, SAMPLES, writeDirectionTables } from "./pages.ts";

/** What the programs that go by the name of SeFa do. */
const VARIANTS = {
  official: { normalizeRows: true, toRgb: "last" },
  raw: { normalizeRows: false, toRgb: "none" },
  "no-torgb": { normalizeRows: true, toRgb: "none" },
} as const satisfies Record<string, SefaOptions & SefaSelection>;

const options = {
  ...mapOptions,
  ...pointOptions,
  layers: option("-L, --layers <list>", "all, or layers such as 0-1,4", layerList, "all"),
  variant: choice(
    "--variant <name>",
    "official: rows scaled to length 1, and of the maps to colours only the last; no-torgb: the same without any map to colours; raw: rows as they are, without maps to colours",
    Object.keys(VARIANTS) as (keyof typeof VARIANTS)[],
    "official",
  ),
  k: option(
    "-K, --k <k>",
    "leading directions to print and to draw; --out has them all (default: 5)",
    integer(1),
  ),
  samples: option(
    "-N, --samples <n>",
    `samples to draw them on (default: ${SAMPLES}, or fewer where there are fewer rows)`,
    integer(1, 1000),
  ),
  range: option("--range <t>", "how far to go either way, in units of the space", positive, 3),
  columns: option("--columns <n>", "columns of images", integer(2, 99), 11),
  out: output("--out <file.safetensors>", "write the directions"),
  html: new OutputPrefixOption(
    "--html <prefix>",
    "draw PREFIX-by-sample.html and PREFIX-by-direction.html",
    PAGE_ENDINGS,
  ),
  ...pictureOptions,
  json,
};

type SefaCommandOptions = OptionsOf<typeof options>;
type SefaTask = Pick<Task<SefaCommandOptions>, "options" | "terminal">;

export const sefa = command({
  argument: "<model>",
  description:
    "Finds the directions of --from that move the first affine maps most: the eigenvectors of AᵀA for the stacked weights A. Needs no samples and no training; --html draws what they do.",
  options,
  async run(task) {
    const { options, terminal, signal } = task;
    const loaded = await loadTruncated(task);
    const prepared = await prepareMap(loaded, options);
    const factors = await endingAtOnce(() => factorizeWeights(prepared, task), signal);
    const { eigenvalues, share } = factors.sefa;
    const available = eigenvalues.length;
    const shown = atMost(available, options.k, "--k", terminal) ?? Math.min(5, available);
    remark(task, prepared, factors);
    const provenance = provenanceFor(loaded, prepared, factors, options);
    const set = directionSet(prepared, factors, options, provenance);
    await writeDirections(options.out, set, terminal);
    const pages = await writeDirectionTables(task, loaded, leading(set, shown), {
      title: `${loaded.file}: SeFa`,
      valueTitles: ["eigenvalue", "share"],
      values: (k) => [significant(eigenvalues[k], 4), percent(share[k])],
    });
    return {
      json: () => ({ ...toJson(factors, options, provenance), html: pages }),
      text: () => toText(prepared, factors, options, shown),
    };
  },
});

/** `all`, or a list of layers. */
function layerList(text: string): "all" | number[] {
  if (text.trim() === "all") return "all";
  try {
    return indexList(text);
  } catch {
    throw new InvalidArgumentError("Expected all, or layers and ranges such as 0-1,4.");
  }
}

/** Columns of weights whose decomposition takes seconds. */
const WORTH_A_WORD = 1024;

interface Factors {
  /** All maps that there are. */
  readonly maps: readonly AffineMap[];
  readonly chosen: readonly AffineMap[];
  readonly sefa: Sefa;
  /** Seconds. */
  readonly assembly: number;
  readonly decomposition: number;
}

function factorizeWeights({ graph }: PreparedMap, { options, terminal }: SefaTask): Factors {
  const { normalizeRows, toRgb } = VARIANTS[options.variant];
  const start = performance.now();
  const maps = firstAffineMaps(graph);
  const layers = options.layers === "all" ? undefined : options.layers;
  const chosen = selectMaps(maps, { toRgb, layers });
  const weights = chosen.map(({ weight }) => weight);
  const stack = stackWeights(weights, { normalizeRows });
  const assembled = performance.now();
  if (stack.cols >= WORTH_A_WORD) info(terminal, `decomposing weights of ${stack.rows} × ${stack.cols}`);
  const sefa = factorize(stack);
  const end = performance.now();
  return { maps, chosen, sefa, assembly: (assembled - start) / 1e3, decomposition: (end - assembled) / 1e3 };
}

/** What the person should know before taking the directions for what they are not. */
function remark({ options, terminal }: SefaTask, { from }: PreparedMap, factors: Factors): void {
  const { maps, chosen, sefa, assembly, decomposition } = factors;
  info(
    terminal,
    `${chosen.length} of ${maps.length} affine maps, ${sefa.rows} × ${sefa.directions.rows}: assembly ${assembly.toFixed(3)} s, decomposition ${decomposition.toFixed(3)} s`,
  );
  const [first, second] = maps;
  if (first?.isNormalized && !second) {
    info(
      terminal,
      `"${from.name}" is normalised and then read by one layer only, "${first.name}": for the styles of a style-based generator start behind its mapping network (--from)`,
    );
  }
  const { layers } = options;
  if (layers !== "all" && !isPerLayer(from.dim, chosen)) {
    info(
      terminal,
      `"${from.name}" is one code for all layers: the directions come from layers ${layers.join(", ")} but move them all`,
    );
  }
}

function isPerLayer(dim: number, [first]: readonly AffineMap[]): boolean {
  return first !== undefined && first.weight.cols < dim;
}

function layersOf(maps: readonly AffineMap[]): number[] {
  return [...new Set(maps.map(({ layer }) => layer))].sort((a, b) => a - b);
}

function provenanceFor(
  loaded: LoadedModel,
  { from, to }: PreparedMap,
  { chosen }: Factors,
  { variant, layers, seed }: SefaCommandOptions,
): Provenance {
  // The weights are all that counts: no point was drawn.
  const points = { seed, prior: { kind: "normal" }, first: 0, count: 0 } as const;
  return provenanceOf(loaded, { from, to }, "SeFa", points, {
    variant,
    ...VARIANTS[variant],
    layers,
    weights: chosen.map(({ name }) => name),
  });
}

function directionSet(
  { from }: PreparedMap,
  { chosen, sefa }: Factors,
  { layers }: SefaCommandOptions,
  provenance: Provenance,
): DirectionSet {
  // A map to colours may be left out of the last layer, which the directions nevertheless apply to.
  const acted = layers === "all" ? Array.from({ length: from.shape[0] ?? 0 }, (_, i) => i) : layersOf(chosen);
  return {
    space: from,
    vectors: sefa.directions,
    names: defaultNames(sefa.directions.cols),
    layers: isPerLayer(from.dim, chosen) ? acted : undefined,
    values: { kind: "eigenvalue", values: sefa.eigenvalues },
    method: "SeFa",
    provenance,
  };
}

function leading(set: DirectionSet, count: number): DirectionSet {
  const { values: _values, ...rest } = set;
  return { ...rest, vectors: leadingColumns(set.vectors, count), names: set.names.slice(0, count) };
}

function toJson({ chosen, sefa }: Factors, { variant }: SefaCommandOptions, provenance: Provenance): object {
  return {
    layers: layersOf(chosen),
    variant,
    weights: chosen.map(({ name, operator, position, layer, isToRgb, isNormalized, weight }) => ({
      name,
      operator,
      position,
      layer,
      rows: weight.rows,
      isToRgb,
      isNormalized,
    })),
    rows: sefa.rows,
    eigenvalues: Array.from(sefa.eigenvalues),
    share: Array.from(sefa.share),
    provenance,
  };
}

function toText(
  { from }: PreparedMap,
  { chosen, sefa }: Factors,
  options: SefaCommandOptions,
  count: number,
): string {
  const rows = Array.from(sefa.eigenvalues.subarray(0, count), (eigenvalue, k) => ({
    name: `d${k}`,
    eigenvalue,
    share: sefa.share[k],
  }));
  const body = table(rows, [
    text("direction", ({ name }) => name),
    number("eigenvalue", ({ eigenvalue }) => eigenvalue.toPrecision(5)),
    number("share", ({ share }) => percent(share)),
  ]);
  const rest = sefa.eigenvalues.length - count;
  const more = rest > 0 ? `\n${dim(`… ${rest} more: --k, --json or --out`)}` : "";
  const remark = `layers ${layersOf(chosen).join(", ")} · ${options.variant} · ${sefa.rows} rows`;
  return `${heading(spacesText(from), remark)}\n${body}${more}\n`;
}
