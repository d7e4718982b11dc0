// Entry of the webpack bundle: the package as it is published, found by its name.

import { WebRuntime } from "@vielbein/runtime-web";

globalThis.run = async (options, bytes, values) => {
  const runtime = await WebRuntime.create(options);
  const session = await runtime.createSession({ bytes });
  const x = { type: "float32", dims: [values.length], data: Float32Array.from(values) };
  const { y } = await session.run({ x });
  await runtime.dispose();
  return { name: runtime.name, y: [...y.data] };
};
