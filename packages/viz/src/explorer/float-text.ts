// Numbers as text for addresses and for what the browser remembers.

/** Base64 of the address-safe alphabet, float32 little-endian. */
export function writeFloats(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  const text = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Undefined for anything but finite numbers. */
export function readFloats(text: string): Float32Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const view = new DataView(bytes.buffer);
    const values = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
    const isWhole = values.length > 0 && 4 * values.length === bytes.length;
    return isWhole && values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}
