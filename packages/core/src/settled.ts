// Options once their defaults are in.

/** T with every option given. */
export type Settled<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };
