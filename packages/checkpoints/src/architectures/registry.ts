// The architectures that are recognised, the most particular first.

import { Weights } from "../build/weights.ts";
import type { Checkpoint } from "../files/open.ts";
import type { Architecture } from "./architecture.ts";
import { autoencoderKl } from "./autoencoder-kl.ts";
import { autoencoderLdm } from "./autoencoder-ldm.ts";
import { isAveraged } from "./averages.ts";
import { betaVae } from "./beta-vae.ts";
import { biggan } from "./biggan.ts";
import { keras } from "./keras.ts";
import { pggan } from "./pggan.ts";
import { stack } from "./stack.ts";
import { stylegan1 } from "./stylegan1.ts";
import { stylegan1Tensorflow } from "./stylegan1-tensorflow.ts";
import { stylegan2 } from "./stylegan2.ts";
import { stylegan2Lucidrains } from "./stylegan2-lucidrains.ts";
import { stylegan2Rosinality } from "./stylegan2-rosinality.ts";
import { stylegan2Tensorflow } from "./stylegan2-tensorflow.ts";
import { stylegan3, styleganXl } from "./stylegan3.ts";
import { autoencoderTiny, taesd } from "./taesd.ts";

export const architectures: readonly Architecture[] = [
  keras,
  stylegan2,
  stylegan2Tensorflow,
  stylegan2Rosinality,
  stylegan2Lucidrains,
  styleganXl,
  stylegan3,
  stylegan1,
  stylegan1Tensorflow,
  autoencoderKl,
  autoencoderLdm,
  autoencoderTiny,
  taesd,
  biggan,
  pggan,
  betaVae,
  stack,
];

/** Networks of a file that are looked at, and points before their names. */
const [MOST_NETWORKS, DEEPEST] = [300, 6];

export interface Recognised {
  readonly architecture: Architecture;
  readonly weights: Weights;
  /** Prefixes of other networks of the file that it could be as well. */
  readonly others: readonly string[];
}

/** The first architecture that a network of the checkpoint is of; of several networks, one of averaged weights. */
export function recognise(checkpoint: Checkpoint): Recognised | undefined {
  const names = [...checkpoint.tensors.keys()];
  for (const architecture of architectures) {
    const fitting = candidates(names, architecture.pattern)
      .map((prefix) => new Weights(checkpoint, prefix))
      .filter((weights) => architecture.fits?.(weights) ?? true);
    if (fitting.length === 0) continue;
    const chosen = fitting.find(({ prefix }) => isAveraged(prefix)) ?? fitting[0];
    const { prefix: within } = chosen;
    const others = fitting
      .map(({ prefix }) => prefix)
      .filter((prefix) => !prefix.startsWith(within) && !within.startsWith(prefix))
      .filter((prefix, _, all) => !all.some((other) => other !== prefix && prefix.startsWith(other)));
    return { architecture, weights: chosen, others };
  }
  return undefined;
}

/** What lies before names that match all of a pattern. */
function candidates(names: readonly string[], pattern: readonly RegExp[]): string[] {
  const [first, ...rest] = pattern;
  const prefixes = new Set(
    names.flatMap((name) => prefixesOf(name).filter((prefix) => first.test(name.slice(prefix.length)))),
  );
  return [...prefixes].slice(0, MOST_NETWORKS).filter((prefix) => {
    const within = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return rest.every((expected) => within.some((name) => expected.test(name)));
  });
}

/** The empty one, and those that end in one of the first points. */
function prefixesOf(name: string): string[] {
  const prefixes = [""];
  for (let at = name.indexOf("."); at >= 0 && prefixes.length <= DEEPEST; at = name.indexOf(".", at + 1)) {
    prefixes.push(name.slice(0, at + 1));
  }
  return prefixes;
}

/** The architecture most of whose pattern matches, if any does; told apart from others by more than one name. */
export function nearest(
  names: readonly string[],
): { architecture: Architecture; matched: number } | undefined {
  const scored = architectures
    .filter(({ pattern }) => pattern.length > 1)
    .map((architecture) => ({ architecture, matched: matchedShare(names, architecture.pattern) }))
    .filter(({ matched }) => matched > 0)
    .sort((a, b) => b.matched - a.matched);
  return scored[0];
}

function matchedShare(names: readonly string[], pattern: readonly RegExp[]): number {
  const endings = names.flatMap((name) => prefixesOf(name).map((prefix) => name.slice(prefix.length)));
  return (
    pattern.filter((expected) => endings.some((ending) => expected.test(ending))).length / pattern.length
  );
}
