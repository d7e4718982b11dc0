// The API reference as pages of Markdown in site/api, one for each public entry of the packages, from the declarations;
// fails for an exported name without a docstring.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, ReflectionKind } from "typedoc";

const folder = fileURLToPath(new URL(".", import.meta.url));
const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** Entries of a package as its manifest declares them: name of the page → source. */
function entriesOf(name) {
  const { exports } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => target["@vielbein/source"])
    .map(([entry, target]) => [join(name, entry), join(packages, name, target["@vielbein/source"])]);
}

const options = {
  plugin: ["typedoc-plugin-markdown"],
  tsconfig: join(folder, "tsconfig.json"),
  // The build has checked the types.
  skipErrorChecking: true,
  readme: "none",
  router: "module",
  excludeInternal: true,
  excludePrivate: true,
  sourceLinkTemplate: "https://github.com/vielbein/vielbein/blob/main/{path}#L{line}",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  useHTMLAnchors: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  validation: { invalidLink: true, notDocumented: false, notExported: false },
};

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
  const project = await app.convert();
  const names = new Map([...entries].map(([name, source]) => [source, name]));
  for (const entry of project.children) entry.name = names.get(entry.sources[0].fullFileName);
  for (const name of undocumented(project)) app.logger.error(name);
  app.validate(project);
  rmSync(join(folder, "api"), { recursive: true, force: true });
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("the API reference has gaps");
}

/** Where exported names have no docstring. */
function undocumented(project) {
  return project.children
    .flatMap(({ children }) => children ?? [])
    .filter((each) => each.kind !== ReflectionKind.Reference && !hasText(each))
    .map(({ name, sources, signatures }) => {
      const { fileName, line } = (sources ?? signatures[0].sources)[0];
      return `${fileName}:${line}: ${name} has no docstring`;
    });
}

function hasText({ comment, signatures }) {
  return (comment ?? signatures?.[0]?.comment)?.summary.some(({ text }) => text.trim() !== "");
}
