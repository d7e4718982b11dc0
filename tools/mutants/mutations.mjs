// The small changes that can be made to a source file: one comparison, sign, bound or check at a time. Each is an edit
// of the text that stays valid TypeScript; messages, types and declarations are left alone.

import { parseSync } from "vite";

const OPERATORS = {
  "<": ["<=", ">"],
  "<=": ["<", ">"],
  ">": [">=", "<"],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
};

const FUNCTIONS = { min: "max", max: "min", floor: "ceil", ceil: "floor", every: "some", some: "every" };

/**
 * @typedef {object} Mutation
 * @property {number} start
 * @property {number} end
 * @property {string} replacement
 * @property {string} kind  comparison, arithmetic, logic, number, sign, function, boolean or check
 */

/**
 * All mutations of a file, in the order of their places.
 * @returns {Mutation[]}
 */
export function mutationsOf(path, text) {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  const found = [];
  walk(program, (node) => found.push(...mutationsAt(node, text)));
  return found.sort((a, b) => a.start - b.start || a.replacement.localeCompare(b.replacement));
}

function walk(node, visit) {
  // What a throw statement says is prose; types have no behaviour.
  if (node.type === "ThrowStatement" || node.type.startsWith("TS") || node.type === "ImportDeclaration")
    return;
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") walk(child, visit);
    }
  }
}

function mutationsAt(node, text) {
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
    case "AssignmentExpression":
      return operatorChanges(node, text);
    case "UnaryExpression":
      return node.operator === "-" && node.argument.type !== "Literal"
        ? [change(node.start, node.start + 1, "", "sign")]
        : [];
    case "Literal":
      return literalChanges(node);
    case "CallExpression":
      return callChanges(node, text);
    case "IfStatement":
      return guards(node);
    case "ExpressionStatement":
      return isCheck(node.expression) ? [change(node.start, node.end, ";", "check")] : [];
    default:
      return [];
  }
}

function operatorChanges({ left, right, operator }, text) {
  if (isText(left) || isText(right)) return [];
  const between = text.slice(left.end, right.start);
  const at = left.end + between.indexOf(operator);
  const kind = /[<>=]/.test(operator) && !operator.endsWith("-=") ? "comparison" : "arithmetic";
  return (OPERATORS[operator] ?? []).map((other) =>
    change(at, at + operator.length, other, /[&|?]/.test(operator) ? "logic" : kind),
  );
}

const isText = ({ type, value }) => type === "TemplateLiteral" || typeof value === "string";

function literalChanges({ value, start, end }) {
  if (typeof value === "boolean") return [change(start, end, String(!value), "boolean")];
  if (typeof value !== "number") return [];
  if (!Number.isInteger(value)) return [change(start, end, String(value * 2), "number")];
  return [change(start, end, String(value + 1), "number")];
}

function callChanges({ callee, arguments: args, start, end }, text) {
  if (callee.type !== "MemberExpression" || callee.computed) return [];
  const { name, start: from, end: to } = callee.property;
  if (name === "abs" && args.length === 1) {
    return [change(start, end, `(${text.slice(args[0].start, args[0].end)})`, "function")];
  }
  return Object.hasOwn(FUNCTIONS, name) ? [change(from, to, FUNCTIONS[name], "function")] : [];
}

/** An `if` that only throws is a check: without it, bad input passes. */
function guards({ test, consequent }) {
  const only = consequent.type === "BlockStatement" ? consequent.body : [consequent];
  const throws = only.length === 1 && only[0].type === "ThrowStatement";
  return throws ? [change(test.start, test.end, "false", "check")] : [];
}

/** A call whose result nobody reads and whose name says that it refuses. */
function isCheck(expression) {
  const { type, callee } = expression.type === "AwaitExpression" ? expression.argument : expression;
  return (
    type === "CallExpression" &&
    /^(require|check|refuse|assert|throwIf)/.test(callee.name ?? callee.property?.name)
  );
}

const change = (start, end, replacement, kind) => ({ start, end, replacement, kind });
