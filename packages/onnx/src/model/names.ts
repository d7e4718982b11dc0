// Names that nobody has taken, and names that somebody may have meant.

/** Hands out names that do not collide with those already `taken`; remembers what it gave. */
export class NameSupply {
  readonly #taken: Set<string>;
  #counter = 0;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** `wish` itself when free, else `wish` with a number. */
  claim(wish: string): string {
    let name = wish;
    while (this.#taken.has(name)) name = `${wish}_${++this.#counter}`;
    this.#taken.add(name);
    return name;
  }
}

/**
 * What a map holds under a name that must be in it.
 *
 * @throws {Error} when it is not: a fault of ours.
 */
export function entryOf<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new Error(`Nothing is known of "${name}", which was to be there by now.`);
  return entry;
}

/** ` (did you mean "x"?)` for the candidate nearest to `name`, or nothing when none is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  let best = "";
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ? ` (did you mean "${best}"?)` : "";
}

/** Levenshtein distance, or `limit` when it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
