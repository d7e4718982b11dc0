// Operators that cannot be differentiated, reported so that their user can find and replace them.

import { VielbeinError } from "@vielbein/core";
import type { Node } from "./model.ts";

/** Why one node cannot be differentiated; becomes an {@link UnsupportedOperatorError} that names the node. */
export class Unsupported extends Error {}

export const noRule =
  "it has no derivative rule; replace it by supported operators when exporting, or end the map before it";

export class UnsupportedOperatorError extends VielbeinError {
  override readonly name: string = "UnsupportedOperatorError";
  /** Operator, with its domain where that is not the standard one. */
  readonly opType: string;
  /** Name of the node, or of its first output when it has none. */
  readonly node: string;
  /** Position among the nodes of the model file, from 0. */
  readonly position: number;
  readonly reason: string;

  constructor(node: Node, position: number, opset: number, reason: string) {
    const opType = operatorName(node);
    super(
      "UNSUPPORTED_OPERATOR",
      `Cannot differentiate operator ${opType} (opset ${opset}), node "${nodeLabel(node)}" at position ${position}: ${reason}.`,
    );
    this.opType = opType;
    this.node = nodeLabel(node);
    this.position = position;
    this.reason = reason;
  }
}

/** `Conv`, or `com.example::Operator` outside the standard domain. */
export function operatorName(node: Node): string {
  return node.domain ? `${node.domain}::${node.opType}` : node.opType;
}

/** What to call a node: exporters do not always name them. */
export function nodeLabel(node: Node): string {
  return node.name || node.outputs.find(Boolean) || node.opType;
}
