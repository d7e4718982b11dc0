// The tensors and settings of one network of a checkpoint, by their names within it.

import type { VielbeinError } from "@vielbein/core";
import { brief, notBuilt } from "../errors.ts";
import { CLASS, type Content, type Setting } from "../files/content.ts";
import { type StoredTensor, type Values, valuesOf } from "../tensors/tensor.ts";

/** What the scale of quantised weights is called instead of `.weight`. */
const SCALES: readonly string[] = [".scale_weight", ".weight_scale", ".weight_scale_inv", ".weight.absmax"];

/** What a number of a configuration must be. */
export interface NumberRule {
  /** In words. */
  readonly due: string;
  readonly fits: (value: number) => boolean;
  /** Whether `null` says that there is none. */
  readonly isOptional?: boolean;
}

export const FINITE: NumberRule = { due: "a finite number", fits: Number.isFinite };
export const POSITIVE: NumberRule = {
  due: "a positive and finite number",
  fits: (value) => value > 0 && Number.isFinite(value),
};
export const COUNT: NumberRule = {
  due: "a positive integer",
  fits: (value) => value > 0 && Number.isSafeInteger(value),
};

export class Weights {
  /** Of the network in the file, with a point at its end; empty where the file holds nothing else. */
  readonly prefix: string;
  readonly #content: Content;
  readonly #names: ReadonlySet<string>;
  readonly #used = new Map<string, StoredTensor>();

  constructor(content: Content, prefix: string) {
    this.prefix = prefix;
    this.#content = content;
    const names = [...content.tensors.keys()].filter((name) => name.startsWith(prefix));
    this.#names = new Set(names.map((name) => name.slice(prefix.length)));
  }

  /** In the order of the file. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The matches of the names that match, each once. */
  matches(pattern: RegExp): RegExpExecArray[] {
    const found = this.names.map((name) => pattern.exec(name)).filter((match) => match !== null);
    return [...new Map(found.map((match) => [match[0], match])).values()];
  }

  find(name: string): StoredTensor | undefined {
    const tensor = this.#content.tensors.get(this.prefix + name);
    if (tensor) this.#used.set(this.prefix + name, tensor);
    return tensor;
  }

  /** The tensors that were asked for, by their names in the file. */
  get used(): ReadonlyMap<string, StoredTensor> {
    return this.#used;
  }

  /**
   * Quantised weights are not what their elements say.
   *
   * @throws {VielbeinError} `INVALID_MODEL` where a tensor that was asked for has integers, or a scale beside it.
   */
  requireUnscaled(): void {
    for (const [name, { type }] of this.#used) {
      const within = name.slice(this.prefix.length);
      if (!/float|complex/.test(type))
        throw this.wrong(within, `is stored as ${type}, as quantised weights are`);
      const scale = SCALES.map((ending) => within.replace(/\.?weight$/, ending)).find((each) =>
        this.has(each),
      );
      if (scale !== undefined && scale !== within)
        throw this.wrong(within, `is stored as ${type} to the scale of "${scale}", which is not read`);
    }
  }

  /**
   * A layer that is left over would make it another network.
   *
   * @param whole names of the tensors of a network all of which were due to be asked for.
   * @throws {VielbeinError} `INVALID_MODEL` where one of them was not.
   */
  requireUsed(whole: RegExp): void {
    const left = this.names.find((name) => whole.test(name) && !this.#used.has(this.prefix + name));
    if (left !== undefined) throw this.wrong(left, "has no place in it");
  }

  /** @throws {VielbeinError} `INVALID_MODEL` where it is missing, or of another rank. */
  tensor(name: string, rank?: number): StoredTensor {
    const tensor = this.find(name);
    if (!tensor) throw this.wrong(name, "is missing");
    if (rank !== undefined && tensor.shape.length !== rank) {
      throw this.wrong(name, `has shape [${tensor.shape.join(", ")}], and ${rank} axes are due`);
    }
    return tensor;
  }

  /** The elements of a tensor; throws as {@link tensor} does. */
  values(name: string, rank?: number): Values {
    return valuesOf(this.tensor(name, rank));
  }

  /** A setting of the network. */
  setting(name: string): Setting | undefined {
    return this.#content.settings.get(this.prefix + name);
  }

  /** The modules that a whole module was saved with, by name, with their classes; none of a state dictionary. */
  get modules(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, value] of this.#content.settings) {
      if (!name.startsWith(this.prefix) || !name.endsWith(CLASS)) continue;
      found.set(name.slice(this.prefix.length, -CLASS.length).replace(/\.$/, ""), String(value));
    }
    return found;
  }

  /**
   * A number of the configuration that lies beside the file, or in it under that name; undefined where it is not there.
   *
   * @throws {VielbeinError} `INVALID_MODEL` where it is not what `rule` says.
   */
  config(name: string, rule: NumberRule): number | undefined {
    return ruled(name, this.#content.settings.get(`config.${name}`), rule);
  }

  /**
   * Numbers of that configuration, one for each of so many channels; undefined where there are none.
   *
   * @throws {VielbeinError} `INVALID_MODEL` where one of them is not what `rule` says, and where there are more or fewer.
   */
  configs(name: string, count: number, rule: NumberRule): readonly number[] | undefined {
    const places = [...this.#content.settings.keys()].filter((key) => key.startsWith(`config.${name}.`));
    if (places.length === 0 && this.config(name, NONE) === undefined) return undefined;
    const found = Array.from({ length: count }, (_, i) => this.config(`${name}.${i}`, rule));
    if (places.length === count && found.every((value) => value !== undefined)) return found;
    throw notBuilt(`its configuration has ${places.length} numbers as ${name}, and ${count} are due`);
  }

  /**
   * A setting of that configuration; undefined where it is not there.
   *
   * @throws {VielbeinError} `INVALID_MODEL` where it has another value than those that are built.
   */
  requireConfig(name: string, built: readonly Setting[]): Setting | undefined {
    const value = this.#content.settings.get(`config.${name}`);
    if (value === undefined || built.includes(value)) return value;
    throw notBuilt(`its configuration has ${name} ${value}, and ${built.join(" or ")} is what is built`);
  }

  /**
   * The number that goes by a name in all settings, of the file or beside it, that have one of that name; `null` where
   * they say that there is none, undefined where they say nothing.
   *
   * @throws {VielbeinError} `INVALID_MODEL` where it is not what `rule` says, or they have several.
   */
  stated(name: string, rule: NumberRule): number | null | undefined {
    const found = [...this.#content.settings].filter(([key]) => key.slice(key.lastIndexOf(".") + 1) === name);
    const [first, ...others] = new Set(found.map(([, value]) => value));
    if (others.length === 0) return first === null && rule.isOptional ? null : ruled(name, first, rule);
    throw notBuilt(`its configuration has several values of ${name}: ${[first, ...others].join(", ")}`);
  }

  /** @throws {VielbeinError} `INVALID_MODEL` where a setting of the network has another value than those that are built. */
  requireSetting(name: string, built: readonly Setting[]): void {
    const value = this.setting(name);
    if (value === undefined || built.includes(value)) return;
    throw notBuilt(`"${this.prefix}${name}" is ${value}, and ${built.join(" or ")} is what is built`);
  }

  number(name: string): number | undefined {
    const value = this.setting(name);
    return typeof value === "number" ? value : undefined;
  }

  /** The tensors of the file outside the network, by their names in the file. */
  get outside(): ReadonlyMap<string, StoredTensor> {
    return new Map([...this.#content.tensors].filter(([name]) => !name.startsWith(this.prefix)));
  }

  /** A tensor outside the network: beside it in the file. */
  beside(name: string): StoredTensor | undefined {
    return this.#content.tensors.get(name);
  }

  wrong(name: string, what: string): VielbeinError {
    return notBuilt(`tensor "${brief(this.prefix + name)}" ${what}`);
  }
}

/** Of lists that may be left out. */
const NONE: NumberRule = { due: "a list of numbers", fits: () => false, isOptional: true };

/** A setting that must be a number. */
function ruled(name: string, value: Setting | undefined, rule: NumberRule): number | undefined {
  if (value === undefined || (value === null && rule.isOptional)) return undefined;
  if (typeof value === "number" && rule.fits(value)) return value;
  const is = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw notBuilt(`its configuration has ${name} ${is}, and ${rule.due} is due`);
}
