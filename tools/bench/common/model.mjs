// A model of operators of opset 17 around a graph: what the benchmarks' own networks have in common.

export function modelOf(name, { nodes, initializers, inputs, outputs }) {
  return {
    irVersion: 8,
    producerName: "vielbein-bench",
    producerVersion: "",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    unknown: [],
    files: new Map(),
    graph: { name, nodes, initializers, inputs, outputs, valueInfo: [], unknown: [] },
  };
}
