// Names within names: what a graph defines, before what the graphs around it do.

export interface Scope<V> {
  get(name: string): V | undefined;
}

/** A scope of `own` entries inside another. */
export function within<V>(own: ReadonlyMap<string, V>, around: Scope<V>): Scope<V> {
  return { get: (name) => own.get(name) ?? around.get(name) };
}
