// Maps rest after a point: what is kept of it does not stay beside the next one, or beside pictures.

/** A map, or maps, as `OnnxMap.rest` has it. */
interface Resting {
  rest(): Promise<void>;
}

/** The result of work at one point, after which the map has freed what it kept if that is much. */
export async function restAfter<T>(map: Resting, work: Promise<T>): Promise<T> {
  const result = await work;
  await map.rest();
  return result;
}
