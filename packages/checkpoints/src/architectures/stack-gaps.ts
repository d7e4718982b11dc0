// Modules without tensors between the layers of a plain stack. A Sequential counts its modules, those without tensors too:
// where a number is left out stands an activation, or padding, upsampling or a normalisation without tensors. One module
// between two layers is the activation; of more, the file does not say what they are.

import type { VielbeinError } from "@vielbein/core";
import { notBuilt } from "../errors.ts";
import type { Layer } from "./stack-modules.ts";

interface Gap {
  /** Numbers that are left out between two modules, as the file would name them. */
  readonly names: readonly string[];
  /** Whether there is nothing else between the two: both are modules of one Sequential. */
  readonly isWhole: boolean;
}

const NOTHING: Gap = { names: [], isWhole: true };
const isNumber = (part: string | undefined): boolean => /^\d+$/.test(part ?? "");

/**
 * For each layer, whether its activation stands before its batch normalisation, as the numbers of the modules say.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where more is left out between two layers than an activation and, behind dense
 * layers, what makes pixels of them; or where some layers have an activation and others none.
 */
export function activatedFirst(layers: readonly Layer[], prefix: string): readonly boolean[] {
  requireNone(leadingOf(layers[0].name.split("."), ""), prefix, "in front of its first layer");
  const between = layers.map((layer, i) => gapsOf(layer, layers[i + 1], prefix));
  const counts = between.map(({ activations }) => activations);
  const [with1, without] = [counts.indexOf(1), counts.indexOf(0)];
  if (with1 >= 0 && without >= 0) {
    throw unexplained(
      `no module stands between its layers "${prefix}${layers[without].name}" and "${prefix}${layers[without + 1].name}", and one does behind "${prefix}${layers[with1].name}": not every layer has an activation`,
    );
  }
  return between.map(({ isFirst }) => isFirst);
}

interface Between {
  readonly isFirst: boolean;
  /** Modules that can be the activation; undefined where the names do not tell. */
  readonly activations: number | undefined;
}

/** What stands between a layer and the next, without tensors. */
function gapsOf(layer: Layer, next: Layer | undefined, prefix: string): Between {
  const { name, norm } = layer;
  const within = norm === undefined ? NOTHING : gapBetween(name, norm);
  const behind = next ? gapBetween(norm ?? name, next.name) : NOTHING;
  const isReshaped = layer.kind === "dense" && next !== undefined && next.kind !== "dense";
  const names = [...within.names, ...behind.names];
  const place = next
    ? `between its layers "${prefix}${name}" and "${prefix}${next.name}"`
    : `behind "${prefix}${name}"`;
  if (!behind.isWhole) {
    const isDue = within.names.length === 0 && names.length <= (isReshaped ? 1 : 0);
    if (!isDue) requireNone(names, prefix, place);
    return { isFirst: false, activations: undefined };
  }
  // Behind dense layers one module alone is the activation or the reshape, and which is not known.
  const due = isReshaped ? [0, 2] : next ? [0, 1] : [0];
  if (within.names.length > 1 || !due.includes(names.length)) requireNone(names, prefix, place);
  const isTold = next !== undefined && (norm === undefined || within.isWhole);
  const activations = names.length === 0 ? 0 : 1;
  return { isFirst: within.names.length === 1, activations: isTold ? activations : undefined };
}

function gapBetween(before: string, after: string): Gap {
  const [from, to] = [before.split("."), after.split(".")];
  const at = to.findIndex((part, i) => part !== from[i]);
  const above = to
    .slice(0, at)
    .map((part) => `${part}.`)
    .join("");
  const isCounted = isNumber(from[at]) && isNumber(to[at]);
  const [first, last] = isCounted ? [Number(from[at]) + 1, Number(to[at])] : [0, 0];
  const left = counted(last - first, (i) => `${above}${first + i}`);
  const inner = to.slice(at + 1);
  return {
    names: [...left, ...leadingOf(inner, `${above}${to[at]}.`)],
    isWhole: isCounted && from.length === at + 1 && inner.every(isNumber),
  };
}

/** Numbers in front of those in a path: of `1.0`, 0. */
function leadingOf(path: readonly string[], above: string): string[] {
  return path.flatMap((part, depth) => {
    const before = path
      .slice(0, depth)
      .map((each) => `${each}.`)
      .join("");
    return isNumber(part) ? counted(Number(part), (i) => `${above}${before}${i}`) : [];
  });
}

/** Names that are listed; a number of a name may be of any size. */
const SHOWN = 6;

function counted(count: number, nameOf: (i: number) => string): string[] {
  return Array.from({ length: Math.min(Math.max(count, 0), SHOWN + 1) }, (_, i) => nameOf(i));
}

function requireNone(names: readonly string[], prefix: string, place: string): void {
  if (names.length === 0) return;
  const shown = names.slice(0, SHOWN).map((name) => `"${prefix}${name}"`);
  const more = names.length > SHOWN ? " and more" : "";
  throw unexplained(
    `${place} the numbers leave out ${shown.join(", ")}${more}, modules without tensors: more or fewer than an activation (and, behind dense layers, the reshape) explain`,
  );
}

function unexplained(what: string): VielbeinError {
  return notBuilt(
    `${what}. Padding, upsampling, normalisation without weights and dropout are not in a state dictionary, and are not guessed`,
  );
}
