// The functions that a package exports, with the types of their parameters as the source writes them.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ESTree, parseSync } from "vite";

/** A parameter of a public function. */
export interface Parameter {
  /** As written, such as `readonly Matrix[]`. */
  readonly type: string;
  /** Whether it may be left out. */
  readonly isOptional: boolean;
}

/** A function of a public entry. */
export interface PublicFunction {
  /** Entry and name, such as `@vielbein/core/paths geodesic`. */
  readonly name: string;
  readonly call: (...given: unknown[]) => unknown;
  readonly parameters: readonly Parameter[];
}

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/** The functions of all entries of a package but those in `without`. */
export async function publicFunctions(name: string, without: readonly string[]): Promise<PublicFunction[]> {
  const declared = declaredFunctions(`${packages}${name}/src`);
  const { exports } = JSON.parse(readFileSync(`${packages}${name}/package.json`, "utf8"));
  const entries = Object.entries<Readonly<Record<string, string>>>(exports).filter(
    ([entry, target]) => target["@vielbein/source"] && !without.includes(entry),
  );
  const found = entries.map(async ([entry, target]) => {
    const loaded: Record<string, PublicFunction["call"]> = await import(
      `${packages}${name}/${target["@vielbein/source"]}`
    );
    return Object.entries(loaded).flatMap(([key, call]) => {
      const parameters = declared.get(key);
      return parameters ? [{ name: `@vielbein/${name}${entry.slice(1)} ${key}`, call, parameters }] : [];
    });
  });
  return (await Promise.all(found)).flat();
}

/** The parameters of every exported function of a folder, by its name. */
function declaredFunctions(folder: string): Map<string, Parameter[]> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => {
        const text = readFileSync(`${folder}/${file}`, "utf8");
        return parseSync(file, text).program.body.flatMap((statement) => {
          if (statement.type !== "ExportNamedDeclaration") return [];
          const { declaration } = statement;
          if (declaration?.type !== "FunctionDeclaration" || !declaration.id) return [];
          return [[declaration.id.name, declaration.params.map((each) => parameter(each, text))]] as const;
        });
      }),
  );
}

function parameter(node: ESTree.ParamPattern, text: string): Parameter {
  const hasDefault = node.type === "AssignmentPattern";
  const { typeAnnotation, optional } = (hasDefault ? node.left : node) as ESTree.BindingIdentifier;
  const type = typeAnnotation ? text.slice(typeAnnotation.start, typeAnnotation.end) : "";
  return { type: type.replace(/^:\s*/, ""), isOptional: hasDefault || optional === true };
}
