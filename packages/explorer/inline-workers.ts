// A page's scripts in one: workers become texts inside of what starts them, and workers of workers likewise.

import { dirname, join } from "node:path";
import { build, type InlineConfig, type Plugin } from "vite";

/** How sources name a worker; what TypeScript will have written stands beside them as `.ts`. */
const ADDRESS = /new URL\("(\.\/[\w-]+)\.js", import\.meta\.url\)/g;
const PREFIX = "\0worker:";

/** Puts the workers that a script starts into it, each bundled by `config`. */
export function inlineWorkers(config: () => InlineConfig): Plugin {
  return {
    name: "inline-workers",
    enforce: "pre",
    transform(code, id) {
      if (!code.includes("new Worker(")) return null;
      const imports: string[] = [];
      const replaced = code.replace(ADDRESS, (_, name: string) => {
        const path = join(dirname(id), `${name}.ts`);
        const local = `addressOfWorker${imports.length}`;
        imports.push(`import { address as ${local} } from ${JSON.stringify(PREFIX + path)};`);
        return `${local}()`;
      });
      return imports.length > 0 ? `${imports.join("\n")}\n${replaced}` : null;
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? id : null),
    async load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const script = await bundle(id.slice(PREFIX.length), config());
      // Kept: the threads of the engine start from the same script.
      return [
        `const script = ${JSON.stringify(script)};`,
        "let url;",
        "export const address = () =>",
        '  (url ??= URL.createObjectURL(new Blob([script], { type: "text/javascript" })));',
      ].join("\n");
    },
  };
}

async function bundle(input: string, config: InlineConfig): Promise<string> {
  const result = await build({
    ...config,
    configFile: false,
    build: { ...config.build, write: false, rollupOptions: { ...config.build?.rollupOptions, input } },
  });
  const [{ output }] = [result].flat() as { output: { type: string; code?: string }[] }[];
  if (output.length !== 1) throw new Error(`${input} was bundled into ${output.length} files.`);
  return output[0]!.code!;
}
