// External data: weights in files beside the model. Their names are hostile input.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import type { Attribute, ExternalData, Graph, Model, Node, Tensor } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { byteLength } from "../model/tensor.ts";
import { plainBytes } from "./decode.ts";

/**
 * Checks that an external-data location is a relative path that stays within the model's folder
 * (symbolic links are the reader's business).
 *
 * @throws {VielbeinError} `INVALID_MODEL`.
 */
export function requireConfinedLocation(location: string, tensor: string): void {
  requireKind("requireConfinedLocation: location", "text", location);
  const parts = location.split(/[\\/]/);
  if (/^[\\/]|^[a-zA-Z]:|\0/.test(location) || parts.includes("..")) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Tensor "${tensor}" keeps its data in "${location}", which leaves the model's folder; only relative paths inside it are read. Re-export the model with its data beside it.`,
    );
  }
}

/**
 * Reads, once each, the external files that the model's tensors need, be they initialisers or attributes, at any depth,
 * and returns the model with every tensor as a view of them. A model without external data is returned as it is.
 *
 * @param read Returns the bytes of a file, given its location relative to the model's folder.
 * @throws {VielbeinError} `INVALID_MODEL` for a location outside the folder or a file that is too short.
 */
export async function resolveExternalData(
  model: Model,
  read: (location: string) => Promise<Uint8Array>,
): Promise<Model> {
  requireKind("resolveExternalData: model", "model", model);
  const locations = new Map<string, Tensor>();
  mapTensors(model, (tensor) => {
    if (tensor.external && tensor.raw.length === 0) locations.set(tensor.external.location, tensor);
    return tensor;
  });
  if (locations.size === 0) return model;
  const files = new Map(model.files);
  for (const [location, tensor] of locations) {
    requireConfinedLocation(location, tensor.name);
    if (!files.has(location)) files.set(location, plainBytes(await read(location)));
  }
  const resolved = mapTensors(model, (tensor) =>
    tensor.external ? attach(tensor, tensor.external, files) : tensor,
  );
  return { ...resolved, files };
}

/** The model with every tensor replaced: initialisers, attributes, those of graphs inside nodes and of functions. */
function mapTensors(model: Model, change: (tensor: Tensor) => Tensor): Model {
  const inNode = (node: Node): Node => {
    const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => {
      if (attribute.type === "tensor") return [name, { type: "tensor", value: change(attribute.value) }];
      return [
        name,
        attribute.type === "graph" ? { type: "graph", value: inGraph(attribute.value) } : attribute,
      ];
    });
    return { ...node, attributes: new Map(attributes) };
  };
  const inGraph = (graph: Graph): Graph => ({
    ...graph,
    nodes: graph.nodes.map(inNode),
    initializers: graph.initializers.map(change),
  });
  const functions = model.functions?.map((one) => ({ ...one, nodes: one.nodes.map(inNode) }));
  return { ...model, graph: inGraph(model.graph), functions };
}

function attach(
  { external: _, ...tensor }: Tensor,
  { location, offset, length = byteLength(tensor) }: ExternalData,
  files: ReadonlyMap<string, Uint8Array>,
): Tensor {
  const file = entryOf(files, location);
  if (offset + length > file.length || length !== byteLength(tensor)) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `Tensor "${tensor.name}" needs ${byteLength(tensor)} bytes at offset ${offset} of "${location}", which holds ${file.length} (declared length ${length}). Copy the file again, or re-export the model.`,
    );
  }
  return { ...tensor, raw: file.subarray(offset, offset + length) };
}
