// Chromium, and a server of a folder for it.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why there is no browser to try pages in; undefined where there is one. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : "Chromium is not installed (apt-get install chromium, or set CHROMIUM)";

/** Milliseconds that a page may take; on idle cores it takes a tenth. */
export const LONG = 180_000;

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

let browser;

/**
 * Opens a page of a folder, and gives it to `use`. What the page complains of, or asks of other servers, fails.
 *
 * @param path with the query, such as `index.html?provider=wasm`
 */
export async function visit(folder, path, use) {
  const server = await serve(folder);
  browser ??= await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const complaints = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== server.origin)
      complaints.push(`asked for ${request.url()}`);
  });
  try {
    await page.goto(`${server.origin}/${path}`);
    await use(page);
  } catch (error) {
    complaints.unshift(error.message);
  } finally {
    await page.close();
    server.close();
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}

export async function closeBrowser() {
  await browser?.close();
}

async function serve(folder) {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    // Browsers ask for it by themselves.
    if (path.endsWith("favicon.ico")) return void response.writeHead(204).end();
    if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
