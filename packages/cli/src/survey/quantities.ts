// What a report says of each method: means of columns, and ratios of means; the nulls beside what they are nulls of.

/** A mean over points, or a ratio of two. */
export interface Quantity {
  readonly name: string;
  /** For headers. */
  readonly title: string;
  /** For axes, where that is another. */
  readonly axis?: string | undefined;
  /** Whether it ranges over orders of magnitude. */
  readonly isLogarithmic?: boolean | undefined;
  /** A column of the method. */
  readonly column: string;
  /** Of a ratio: the column whose mean divides. */
  readonly over?: string | undefined;
  /** A column without which a row does not count. */
  readonly beside?: string | undefined;
  /** The name of its null. */
  readonly nullName?: string | undefined;
  /** Whether rows with a flat spectrum have none. */
  readonly needsDimension?: boolean | undefined;
}

interface Wanted {
  readonly name: string;
  readonly title: string;
  readonly axis?: string | undefined;
  /** Whether it ranges over orders of magnitude. */
  readonly isLogarithmic?: boolean | undefined;
  readonly nullName?: string | undefined;
  readonly needsDimension?: boolean | undefined;
}

/** What tables and plots show, by method. Quantities that the rows do not have are left out. */
const SHOWN: Readonly<Record<string, readonly Wanted[]>> = {
  basis: [
    { name: "largest_singular_value", title: "σ₁", isLogarithmic: true },
    { name: "participation_ratio", title: "participation ratio" },
    { name: "effective_rank", title: "effective rank" },
  ],
  dimension: [
    {
      name: "local_dimension",
      title: "local dimension",
      nullName: "untrained_local_dimension",
      needsDimension: true,
    },
    { name: "participation_ratio", title: "participation ratio" },
    { name: "effective_rank", title: "effective rank" },
  ],
  distortion: [
    {
      name: "distortion",
      title: "D",
      axis: "Distortion D = I_rand / I_local",
      isLogarithmic: true,
      nullName: "untrained_distortion",
      needsDimension: true,
    },
    { name: "random", title: "I_rand", nullName: "untrained_random", needsDimension: true },
    { name: "near", title: "I_local", nullName: "untrained_near", needsDimension: true },
  ],
  warpage: [
    {
      name: "random_distance",
      title: "random pairs",
      axis: "geodesic distance of random pairs (rad)",
      nullName: "haar_distance",
    },
    {
      name: "near_distance_1",
      title: "neighbours",
      axis: "geodesic distance of neighbours (rad)",
      nullName: "untrained_near_distance_1",
    },
    { name: "untrained_random_distance", title: "untrained, random pairs" },
  ],
  metric: [
    { name: "trace", title: "trace", isLogarithmic: true },
    { name: "participation_ratio", title: "participation ratio" },
    { name: "log_volume", title: "log-volume" },
    { name: "homogeneity", title: "homogeneity", nullName: "haar_homogeneity" },
    { name: "shuffled_homogeneity", title: "homogeneity, shuffled weights" },
  ],
};

/** Ratios of means. */
const RATIOS: Readonly<Record<string, readonly Quantity[]>> = {
  distortion: ["", "untrained_"].map((prefix) => ({
    name: `${prefix}distortion`,
    title: `${prefix}distortion`,
    column: `${prefix}random`,
    over: `${prefix}near`,
  })),
};

/** Of a pair with one distance alone neither counts, as the command has it: columns, and what they need beside them. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  distortion: Object.fromEntries(
    ["", "untrained_"].flatMap((prefix) =>
      [
        ["random", "near"],
        ["near", "random"],
      ].flatMap(([own, other]) => ["", "_k"].map((end) => [`${prefix}${own}${end}`, `${prefix}${other}`])),
    ),
  ),
};

/** Means over pairs of points, which tables have no columns of. */
const PAIRED: Readonly<Record<string, readonly string[]>> = {
  metric: ["", "haar_", "shuffled_"].flatMap((prefix) => [
    `${prefix}homogeneity`,
    `${prefix}homogeneity_linear`,
  ]),
};

/** All quantities of a method with these columns: every column, ratios, and what compares points. */
export function quantitiesOf(method: string, columns: readonly string[]): Quantity[] {
  const own = [...columns, ...(PAIRED[method] ?? [])];
  const means = own.map((column) => ({
    name: column,
    title: column,
    column,
    beside: BESIDE[method]?.[column],
  }));
  return [...means, ...(RATIOS[method] ?? [])];
}

/** Those of them that tables and plots show, with their titles and their nulls. */
export function shownOf(method: string, quantities: readonly Quantity[]): Quantity[] {
  return (SHOWN[method] ?? []).flatMap((wanted) => {
    const found = quantities.find(({ name }) => name === wanted.name);
    return found ? [{ ...found, ...wanted }] : [];
  });
}

/** The header of a null, beside what it is the null of. */
export function nullTitle(name: string): string {
  return name.startsWith("untrained") ? "(untrained)" : "(Haar)";
}
