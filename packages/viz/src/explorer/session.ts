// What the address restores: seed, truncation, spaces, kind of directions and slider values; and the code itself where it
// is not that of the seed any more. Unknown or broken parts of an address are passed over.

import type { StepUnit } from "./code.ts";
import type { DirectionKind } from "./engine.ts";

export interface Session {
  readonly seed: number;
  readonly truncation: number;
  readonly kind: DirectionKind;
  readonly unit: StepUnit;
  /** Slider values; trailing zeros are left out. */
  readonly steps: readonly number[];
  readonly from?: string;
  readonly to?: string;
  /** The code around which the sliders move, where it is not the sample of the seed. */
  readonly anchor?: Float32Array;
}

const KINDS: readonly DirectionKind[] = ["basis", "sefa", "pca", "metric"];

/** Without the `#`. Directions of a file cannot be restored; they become those of the Local Basis, without values. */
export function encodeSession(session: Session): string {
  const { seed, truncation, kind, unit, steps, from, to, anchor } = session;
  const parts = new URLSearchParams({ seed: String(seed) });
  if (truncation !== 1) parts.set("truncation", String(truncation));
  if (from !== undefined) parts.set("from", from);
  if (to !== undefined) parts.set("to", to);
  if (kind !== "basis" && kind !== "file") parts.set("kind", kind);
  if (unit !== "deviation") parts.set("unit", unit);
  const last = steps.findLastIndex((t) => t !== 0);
  if (last >= 0 && kind !== "file") parts.set("t", steps.slice(0, last + 1).join(","));
  if (anchor) parts.set("at", toBase64(anchor));
  return String(parts).replaceAll("%2C", ",").replaceAll("%2F", "/");
}

/** @param hash with or without its `#`. */
export function decodeSession(hash: string): Session {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const seed = Number(parts.get("seed") ?? 0);
  const truncation = Number(parts.get("truncation") ?? 1);
  const kind = parts.get("kind") as DirectionKind;
  const steps = parts.get("t")?.split(",").map(Number) ?? [];
  const [from, to] = [parts.get("from"), parts.get("to")];
  const anchor = fromBase64(parts.get("at") ?? "");
  return {
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : 0,
    truncation: truncation >= 0 && truncation <= 2 ? truncation : 1,
    kind: KINDS.includes(kind) ? kind : "basis",
    unit: parts.get("unit") === "change" ? "change" : "deviation",
    steps: steps.every(Number.isFinite) ? steps : [],
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(anchor ? { anchor } : {}),
  };
}

/** Base64 of the address-safe alphabet, float32 little-endian. */
function toBase64(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  const text = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text: string): Float32Array | undefined {
  if (text === "") return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const view = new DataView(bytes.buffer);
    const values = Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}
