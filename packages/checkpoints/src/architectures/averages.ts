// Averaged weights: how they are told from those that training went on with.

import type { Content } from "../files/content.ts";
import type { StoredTensor } from "../tensors/tensor.ts";

/** What those who average weights call the network that has them: `g_ema`, `avgG`, `g_running`, `G_swa` … */
const AVERAGED: readonly string[] = ["ema", "avg", "running", "swa", "average", "averaged", "shadow"];

/** Whether one of the words of a name says so: `g_ema` does, `semantic` does not. */
export function isAveraged(name: string): boolean {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return words.some((word) => AVERAGED.includes(word.toLowerCase()));
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Averages whose names have lost their points, as those of latent diffusion's LitEma: `model_ema.mid0weight`. */
export interface FlatAverages {
  /** With a point at its end. */
  readonly prefix: string;
  /** Of the network that they are averages of; undefined where it is none, or it could be one of several. */
  readonly of: string | undefined;
}

/** What lies beside such averages, and is no weight. */
const COUNTS: readonly string[] = ["num_updates", "decay"];

/** Groups of averages that are looked at. */
const MOST_GROUPS = 4;

export function flatAverages({ tensors }: Content): readonly FlatAverages[] {
  return [...tensors.keys()]
    .filter((name) => name.endsWith(`.${COUNTS[0]}`))
    .map((name) => name.slice(0, -COUNTS[0].length))
    .filter((prefix) => COUNTS.every((count) => tensors.has(prefix + count)))
    .slice(0, MOST_GROUPS)
    .map((prefix) => ({ prefix, of: ownerOf(tensors, prefix) }));
}

/** The tensors with the averages under the names of what they are averages of; what has none, as statistics, is that itself. */
export function renamed(tensors: Tensors, averages: readonly FlatAverages[]): Tensors {
  const result = new Map(tensors);
  for (const { prefix, of } of averages) {
    if (of === undefined) continue;
    for (const count of COUNTS) result.delete(prefix + count);
    for (const [name, tensor] of tensors) {
      if (!name.startsWith(of) || name.startsWith(prefix)) continue;
      const within = name.slice(of.length);
      const flat = prefix + flattened(within);
      result.delete(flat);
      result.set(prefix + within, tensors.get(flat) ?? tensor);
    }
  }
  return result;
}

/** The one prefix behind which each average has exactly one tensor of its name, but for the points, and of its shape. */
function ownerOf(tensors: Tensors, prefix: string): string | undefined {
  const flat = [...tensors.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => !COUNTS.includes(name));
  if (flat.length === 0 || flat.some((name) => name.includes("."))) return undefined;
  const names = [...tensors.keys()].filter((name) => !name.startsWith(prefix));
  const owners = new Set(names.flatMap((name) => beginnings(name, flat[0])));
  const fitting = [...owners].filter((owner) => {
    const own = names.filter((name) => name.startsWith(owner));
    const byFlat = new Map(own.map((name) => [flattened(name.slice(owner.length)), name]));
    const isOneEach = byFlat.size === own.length;
    return isOneEach && flat.every((name) => isLike(tensors, prefix + name, byFlat.get(name)));
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isLike(tensors: Tensors, name: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  const [shape, due] = [name, other].map((each) => tensors.get(each)!.shape);
  return shape.length === due.length && shape.every((extent, i) => extent === due[i]);
}

const flattened = (name: string): string => name.replaceAll(".", "");

/** What stands before a part of a name that is `flat` without its points. */
function beginnings(name: string, flat: string): string[] {
  const starts = [0, ...[...name.matchAll(/\./g)].slice(0, DEEPEST).map(({ index }) => index + 1)];
  return starts.filter((at) => flattened(name.slice(at)) === flat).map((at) => name.slice(0, at));
}

/** Points before the names of a network. */
const DEEPEST = 6;
