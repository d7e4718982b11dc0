// A DCGAN of some tens of megabytes in PyTorch's older format: a pickle, and the elements of its tensors behind it.

/** Of transposed convolutions, in order. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  "0.weight": [64, 768, 4, 4],
  "1.weight": [768, 640, 4, 4],
  "2.weight": [640, 3, 4, 4],
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const tuple = (numbers: readonly number[]): string => `(${numbers.map((n) => `I${n}\n`).join("")}t`;

export function largePickle(): Uint8Array {
  const names = Object.keys(SHAPES);
  const entries = names.map((name) => {
    const shape = SHAPES[name]!;
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
    const size = shape[0]! * strides[0]!;
    const storage = `(S'storage'\nctorch\nFloatStorage\nS'${name}'\nS'cpu'\nI${size}\nNtQ`;
    return `S'${name}'\nctorch._utils\n_rebuild_tensor_v2\n(${storage}I0\n${tuple(shape)}${tuple(strides)}I00\nNtR`;
  });
  const head = [
    "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    "\x80\x02M\xe9\x03.",
    "\x80\x02}.",
    `(${entries.join("")}d.`,
    `(${names.map((name) => `S'${name}'\n`).join("")}l.`,
  ].join("");
  const parts = names.flatMap((name) => {
    const size = SHAPES[name]!.reduce((product, n) => product * n, 1);
    const data = Float32Array.from({ length: size }, (_, i) => 0.02 * Math.sin(i));
    return [new Uint8Array(BigUint64Array.of(BigInt(size)).buffer), new Uint8Array(data.buffer)];
  });
  return new Uint8Array(Buffer.concat([bytesOf(head), ...parts]));
}
