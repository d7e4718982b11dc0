// What a file holds beside a plain stack. A stack is the whole generator only if nothing beside it could feed it: a dense
// layer or an embedding in front of it belongs to the same network, and without it the codes would be others.

import type { Weights } from "../build/weights.ts";
import { notBuilt } from "../errors.ts";
import { isAveraged } from "./averages.ts";

/** Parts of a name that are of another network than the generator, each as a whole: `label_encoder` is none of them. */
const NETWORKS: readonly RegExp[] = [
  /^(net_?)?(d|dis|disc|discriminator|critic|enc|encoder)\d*$/i,
  /^(optim\w*|opt_?[a-z]|criterion|loss\w*|lpips|perceptual\w*|vgg\d*)$/i,
];

/** Layers from which an encoder has the mean and the variance of a code. */
const MOMENTS =
  /^(fc|linear|lin|conv|to|z|latent)?_?(mu|mean|var|log_?var|sigma|log_?sigma|std|log_?std)\d*$/i;

/** Whether a module of a path is another network than a generator, or in one. */
export function isOfOther(path: readonly string[]): boolean {
  return path.some((part) => NETWORKS.some((pattern) => pattern.test(part)));
}

interface Left {
  readonly name: string;
  readonly shape: readonly number[];
  /** Below what it has in common with the network. */
  readonly path: readonly string[];
}

/**
 * What is left out, by the parts of the file that have it; without the prefixes of `others`, which are known.
 *
 * @param inputs channels that the first layer takes.
 * @param colours channels that the last layer makes.
 * @throws {VielbeinError} `INVALID_MODEL` where what is left out may be a part of the same network.
 */
export function leftOut(
  weights: Weights,
  others: readonly string[],
  inputs: number,
  colours: number,
): readonly string[] {
  const { prefix } = weights;
  const copies = copiesOf(weights);
  const left = [...weights.outside]
    .filter(([name, { shape }]) => shape.length > 0 && !copies.has(name))
    .filter(([name]) => !others.some((other) => name.startsWith(other)))
    .map(([name, { shape }]): Left => ({ name, shape, path: pathBeside(name, prefix) }));
  const related = left.filter(
    (each) =>
      !isKnownOther(each) &&
      (isCounted(each, prefix) || canFeed(each, left, inputs) || canFollow(each, colours)),
  );
  if (related.length > 0) {
    const names = related.slice(0, SHOWN).map(({ name, shape }) => `"${name}" [${shape.join(", ")}]`);
    const more = related.length > SHOWN ? ` and ${related.length - SHOWN} more` : "";
    throw notBuilt(
      `"${prefix.slice(0, -1)}" is a stack whose first layer takes ${inputs} channels, and what lies beside it may be in front of that layer or behind the last: ${names.join(", ")}${more}. How the two belong together is not in the file`,
    );
  }
  return [
    ...new Set(left.map(({ name, path }) => name.slice(0, name.length - path.join(".").length) + path[0])),
  ];
}

const SHOWN = 4;

/** Names of the tensors of networks of the same names, such as the one that the weights are averages of. */
function copiesOf({ names, outside }: Weights): ReadonlySet<string> {
  const [first] = names;
  const prefixes = [...outside.keys()]
    .filter((name) => name === first || name.endsWith(`.${first}`))
    .map((name) => name.slice(0, name.length - first.length));
  const whole = prefixes.filter((prefix) => names.every((name) => outside.has(prefix + name)));
  return new Set(whole.flatMap((prefix) => names.map((name) => prefix + name)));
}

function isKnownOther({ path }: Left): boolean {
  const modules = path.slice(0, -1);
  return isOfOther(modules) || modules.some((part) => isAveraged(part) || MOMENTS.test(part));
}

/** Whether it is another module of the Sequential that the network is a module of. */
function isCounted({ path }: Left, prefix: string): boolean {
  return /(^|\.)\d+\.$/.test(prefix) && /^\d+$/.test(path[0]);
}

/** The parts of a name from the first on that the prefix does not have. */
function pathBeside(name: string, prefix: string): readonly string[] {
  const [parts, own] = [name.split("."), prefix.split(".")];
  return parts.slice(parts.findIndex((part, i) => part !== own[i]));
}

/**
 * Whether an output of a layer can be what the first layer takes: as many channels or a multiple, which makes pixels of
 * them; of embeddings, fewer too, beside a code.
 */
function canFeed({ name, shape }: Left, left: readonly Left[], inputs: number): boolean {
  if (!/(^|\.)(weight|running_mean)$/.test(name)) return false;
  if (shape.slice(0, 2).some((extent) => extent % inputs === 0)) return true;
  const bias = name.replace(/weight$/, "bias");
  return shape.length === 2 && shape[1] < inputs && !left.some((other) => other.name === bias);
}

/** Whether it is a convolution from colours to colours, which may stand behind the last layer. */
function canFollow({ name, shape }: Left, colours: number): boolean {
  return /(^|\.)weight$/.test(name) && shape.length === 4 && shape[0] === colours && shape[1] === colours;
}
