// What a file of safetensors is, by its content: directions, or the weights of a model.

/** Of the header, whose length stands before it; that of directions is shorter. */
const [LENGTH, LONGEST] = [8, 2 ** 20];

/** Whether a file has directions: its metadata say so. */
export async function hasDirections(file: Blob): Promise<boolean> {
  const beginning = new DataView(await file.slice(0, LENGTH).arrayBuffer());
  if (beginning.byteLength < LENGTH) return false;
  const length = Number(beginning.getBigUint64(0, true));
  if (length > LONGEST) return false;
  try {
    const header = JSON.parse(await file.slice(LENGTH, LENGTH + length).text());
    return header?.__metadata__?.format === "vielbein.directions";
  } catch {
    return false;
  }
}
