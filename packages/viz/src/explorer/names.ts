// Names of directions, as files and expressions take them.

/** A name as directions may have it: of letters, digits and underscores. */
export function plainName(text: string, fallback: string): string {
  const plain = text
    .trim()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .replaceAll(/[^A-Za-z0-9_]/g, "")
    .replaceAll(/^_+|_+$/g, "");
  return plain === "" ? fallback : /^\d/.test(plain) ? `_${plain}` : plain;
}

/** The names, the later of two equal ones with a number behind it. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}
