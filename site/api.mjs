// The API reference as pages of Markdown in site/api, one for each public entry of the packages, from the declarations;
// fails for an exported name without a docstring.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, ReflectionKind } from "typedoc";
import { ModuleRouter } from "typedoc-plugin-markdown";

const folder = fileURLToPath(new URL(".", import.meta.url));
const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** Entries of a package as its manifest declares them: name of the page → source. */
function entriesOf(name) {
  const { exports } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
  return (
    Object.entries(exports)
      .filter(([, target]) => target["@vielbein/source"])
      .map(([entry, target]) => [join(name, entry), join(packages, name, target["@vielbein/source"])])
      // A worker's script exports nothing.
      .filter(([, source]) => /^export /m.test(readFileSync(source, "utf8")))
  );
}

const options = {
  name: "API reference",
  plugin: ["typedoc-plugin-markdown"],
  tsconfig: join(folder, "tsconfig.json"),
  // The build has checked the types.
  skipErrorChecking: true,
  readme: "none",
  router: "entries",
  excludeInternal: true,
  // What the explorer's element inherits from the browser's is documented elsewhere.
  excludeExternals: true,
  excludePrivate: true,
  sourceLinkTemplate: "https://github.com/vielbein/vielbein/blob/main/{path}#L{line}",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  useHTMLAnchors: true,
  // A name, a type, a sentence: more columns leave no room for the sentence.
  tableColumnSettings: { hideModifiers: true, hideSources: true, hideInherited: true, hideOverrides: true },
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  validation: { invalidLink: true, notDocumented: false, notExported: false },
};

/** A page for each entry; a type `Graph` takes no name from the entry `graph`. */
class EntryRouter extends ModuleRouter {
  shouldWritePage(reflection) {
    return reflection.kind === ReflectionKind.Module && super.shouldWritePage(reflection);
  }
}

/**
 * Writes the pages.
 *
 * @throws {Error} where TypeDoc has an error or a warning, such as a link in a docstring that leads nowhere.
 */
export async function writeApi() {
  const entries = new Map(readdirSync(packages).flatMap(entriesOf));
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [...entries.values()],
    outputs: [{ name: "markdown", path: join(folder, "api") }],
    ...options,
  });
  app.renderer.defineRouter("entries", EntryRouter);
  const project = await app.convert();
  const names = new Map([...entries].map(([name, source]) => [source, name]));
  for (const entry of project.children) entry.name = names.get(entry.sources[0].fullFileName);
  for (const name of undocumented(project)) app.logger.error(name);
  app.validate(project);
  rmSync(join(folder, "api"), { recursive: true, force: true });
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("the API reference has gaps");
}

/** Where exported names, or members of exported types, have no docstring. */
function undocumented(project) {
  const exported = project.children
    .flatMap(({ children }) => children ?? [])
    .filter(({ kind }) => kind !== ReflectionKind.Reference);
  const members = exported.flatMap((each) => membersOf(each).map((member) => [each.name, member]));
  return [...exported.map((each) => ["", each]), ...members]
    .filter(([, each]) => !hasText(each))
    .map(([owner, { name, sources, signatures, getSignature }]) => {
      const { fileName, line } = (sources ?? signatures?.[0].sources ?? getSignature.sources)[0];
      return `${fileName}:${line}: ${owner ? `${owner}.${name}` : name} has no docstring`;
    });
}

/** Members of an interface, a class, or a type that is written as an object; those inherited have it where they stand. */
function membersOf({ kind, children, type }) {
  // Keys of a constant object are named by what they are.
  if (kind === ReflectionKind.Variable) return [];
  const own = children ?? type?.declaration?.children ?? [];
  return own.filter(({ inheritedFrom, kind: of }) => !inheritedFrom && of !== ReflectionKind.Constructor);
}

function hasText({ comment, signatures, getSignature }) {
  const found = comment ?? signatures?.[0]?.comment ?? getSignature?.comment;
  return found?.summary.some(({ text }) => text.trim() !== "");
}
