// The built page, for servers. Nothing else here may be imported in Node.

/** Folder of the built page: `index.html`, `explorer.js`, the engine's files and the sample. */
export const pageUrl: URL = new URL("../dist/page/", import.meta.url);
