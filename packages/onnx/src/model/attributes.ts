// Short constructors for node attributes.

import type { Attribute, Node } from "./model.ts";

/** An attribute that is a whole number. */
export const int = (value: number): Attribute => ({ type: "int", value });
/** An attribute that is a number. */
export const float = (value: number): Attribute => ({ type: "float", value });
/** An attribute that is a list of whole numbers. */
export const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });
/** An attribute that is a string. */
export const string = (value: string): Attribute => ({ type: "string", value });

/** A node of the standard domain. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  return { opType, domain: "", name: "", inputs, outputs, attributes: new Map(Object.entries(attributes)) };
}

/** The attributes of a node without those named. */
export function without(node: Node, ...names: string[]): Record<string, Attribute> {
  return Object.fromEntries([...node.attributes].filter(([name]) => !names.includes(name)));
}
