// Remarks on a model that go with it, in its metadata under `vielbein.remarks`: what was assumed where its file does not
// tell, such as how a checkpoint was read.

import { requireKind } from "./requirements.ts";

const KEY = "vielbein.remarks";
/** A file may state what it likes: so many remarks are shown, of so many characters. */
const [MOST, LONGEST] = [50, 500];

/** The metadata that state remarks. */
export function remarksEntry(remarks: readonly string[]): [key: string, text: string] {
  return [KEY, JSON.stringify(remarks)];
}

/** The remarks that a model's metadata state; none where they are no list of texts. */
export function statedRemarks(metadata: ReadonlyMap<string, string>): string[] {
  requireKind("statedRemarks: metadata", "texts", metadata);
  const text = metadata.get(KEY);
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    const texts = Array.isArray(list) ? list.filter((remark) => typeof remark === "string") : [];
    return texts.slice(0, MOST).map((remark) => remark.slice(0, LONGEST));
  } catch {
    return [];
  }
}
