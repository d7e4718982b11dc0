// The server of `vielbein explore`: what it serves, to whom, and how it ends.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { pageUrl } from "@vielbein/explorer/page";
import { encodeModel } from "@vielbein/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { conditionalModel } from "../../explorer/test/conditional.ts";
import { isOwnAddress, type ServedPage, servePage } from "../src/commands/explore/page-server.ts";
import { run } from "../src/index.ts";
import { generator } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "vielbein-served-"));
const page = join(folder, "page");
mkdirSync(join(page, "assets"), { recursive: true });
writeFileSync(join(page, "index.html"), "<!doctype html>");
writeFileSync(join(page, "assets/a.js"), "1");
writeFileSync(join(page, "assets/a.js.br"), brotliCompressSync("1"));
writeFileSync(join(folder, "secret.js"), "2");
const model = { name: "my model.onnx", bytes: Uint8Array.of(1, 2, 3), sha256: "af".repeat(32) };
const root = pathToFileURL(`${page}/`);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** By paths as they are: `fetch` would tidy them up. */
function ask(url: string, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise<Answer>((resolve, reject) => {
    request({ hostname, port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("isOwnAddress", () => {
  it("takes the port of HTTP for granted, and no other", () => {
    for (const [host, port] of [
      ["127.0.0.1", 80],
      ["localhost", 80],
      ["127.0.0.1:80", 80],
      ["LocalHost:8080", 8080],
      ["127.0.0.1:443", 443],
    ] as const) {
      expect([host, isOwnAddress(host, port)]).toEqual([host, true]);
    }
    for (const [host, port] of [
      ["127.0.0.1", 8080],
      ["127.0.0.1", 443],
      ["127.0.0.1:80", 8080],
      ["evil.example", 80],
      ["evil.example:80", 80],
      ["127.0.0.1.evil.example", 80],
      ["127.0.0.1:80:80", 80],
      ["127.0.0.1:", 80],
      ["", 80],
      [undefined, 80],
    ] as const) {
      expect([host, isOwnAddress(host, port)]).toEqual([host, false]);
    }
  });
});

describe("servePage", () => {
  let served: ServedPage;
  beforeAll(async () => {
    served = await servePage(root, model, 0);
  });
  afterAll(() => served.close());

  it("serves the page, its assets and the model", async () => {
    const start = await ask(served.url, "/?src=x");
    expect([start.status, start.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect((await ask(served.url, "/assets/a.js")).headers["content-type"]).toBe("text/javascript");
    const src = new URL(served.url).searchParams.get("src");
    expect(src).toBe("model/my%20model.onnx");
    const answer = await ask(served.url, `/${src}`);
    expect([...answer.body]).toEqual([1, 2, 3]);
    expect(answer.headers["vielbein-model-sha256"]).toBe(model.sha256);
    // The page's samples are other models.
    expect((await ask(served.url, "/assets/a.js")).headers["vielbein-model-sha256"]).toBeUndefined();
  });

  it("sends what is compressed to whom takes it", async () => {
    const compressed = { headers: { "accept-encoding": "gzip, deflate, br" } };
    const answer = await ask(served.url, "/assets/a.js", compressed);
    expect(answer.headers).toMatchObject({ "content-encoding": "br", "content-type": "text/javascript" });
    expect(String(brotliDecompressSync(answer.body))).toBe("1");
    for (const accepted of ["gzip", "brotli-like", ""]) {
      const plain = await ask(served.url, "/assets/a.js", { headers: { "accept-encoding": accepted } });
      expect([plain.headers["content-encoding"], String(plain.body)]).toEqual([undefined, "1"]);
    }
    // What has no such file goes as it is.
    expect((await ask(served.url, "/", compressed)).headers["content-encoding"]).toBeUndefined();
  });

  it.each([
    "/assets",
    "/assets/",
    "/..%2fsecret.js",
    "/../secret.js",
    "/assets/../../secret.js",
    "/model/",
    "/model/other.onnx",
    "//etc/passwd",
  ])("serves nothing else: %s", async (path) => {
    expect((await ask(served.url, path)).status).toBe(404);
  });

  it("answers to its own name only, and to reading only", async () => {
    const port = new URL(served.url).port;
    expect((await ask(served.url, "/", { headers: { host: `evil.example:${port}` } })).status).toBe(403);
    expect((await ask(served.url, "/", { headers: { host: `localhost:${port}` } })).status).toBe(200);
    expect((await ask(served.url, "/", { method: "POST" })).status).toBe(405);
    expect((await ask(served.url, "/", { method: "HEAD" })).body.length).toBe(0);
  });

  it("listens on no other interface", async (context) => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === "IPv4" && !address.internal);
    if (!outside) context.skip("this machine has the loopback interface only");
    const { port } = new URL(served.url);
    await expect(ask(`http://${outside!.address}:${port}/`, "/")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("refuses a port that is taken, and a page that is not built", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(servePage(root, model, port)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    taken.close();
    const empty = pathToFileURL(`${join(folder, "nowhere")}/`);
    await expect(servePage(empty, model, 0)).rejects.toMatchObject({ code: "MISSING_FILE" });
  });
});

describe("vielbein explore", () => {
  it("prints the address, serves until it is interrupted, and ends well", async (context) => {
    if (!existsSync(pageUrl)) context.skip("the explorer's page is not built (npm run build:explorer)");
    const interrupt = new AbortController();
    const lines: string[] = [];
    const exit = run(["explore", "sample", "--no-open"], {
      stdout: { write: (text) => lines.push(text) },
      stderr: { write: () => true },
      signal: interrupt.signal,
    });
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    const url = lines[0]!.trim();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?src=model%2Ffaces\.onnx$/);
    expect((await ask(url, "/model/faces.onnx")).body.length).toBeGreaterThan(1e6);
    interrupt.abort();
    expect(await exit).toBe(0);
    await expect(ask(url, "/")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("tells the page the hash of the model's file, which the bytes with all weights have not", async (context) => {
    if (!existsSync(pageUrl)) context.skip("the explorer's page is not built (npm run build:explorer)");
    const { graph, ...rest } = generator();
    const [first, ...others] = graph.initializers;
    const external = { location: "weights.bin", offset: 0, length: first!.raw.length };
    const initializers = [{ ...first!, raw: new Uint8Array(0), external }, ...others];
    const bytes = encodeModel({ ...rest, graph: { ...graph, initializers } });
    const file = join(folder, "beside.onnx");
    writeFileSync(file, bytes);
    writeFileSync(join(folder, "weights.bin"), first!.raw);
    const own = createHash("sha256").update(bytes).digest("hex");

    const interrupt = new AbortController();
    const lines: string[] = [];
    const io = { stdout: { write: (text: string) => lines.push(text) }, stderr: { write: () => true } };
    const exit = run(["explore", file, "--no-open"], { ...io, signal: interrupt.signal });
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    const { body, headers } = await ask(lines[0]!.trim(), "/model/beside.onnx");
    expect(createHash("sha256").update(body).digest("hex")).not.toBe(own);
    expect(headers["vielbein-model-sha256"]).toBe(own);
    interrupt.abort();
    await exit;
    lines.length = 0;
    await run(["basis", file, "--json"], { ...io, signal: new AbortController().signal });
    expect(JSON.parse(lines.join("")).provenance.model.sha256).toBe(own);
  });

  it("passes values of further inputs and the layout on to the page, and refuses what the model has not", async (context) => {
    if (!existsSync(pageUrl)) context.skip("the explorer's page is not built (npm run build:explorer)");
    const file = join(folder, "conditional.onnx");
    writeFileSync(file, conditionalModel);
    const interrupt = new AbortController();
    const lines: string[] = [];
    const explore = (...options: string[]) =>
      run(["explore", file, "--no-open", ...options], {
        stdout: { write: (text) => lines.push(text) },
        stderr: { write: () => true },
        signal: interrupt.signal,
      });
    expect(await explore("--set", "labels=3")).toBe(65);
    expect(lines).toEqual([]);
    const exit = explore("--set", "label=3", "--set", "condition=1,0,-2", "--layout", "hw:8,8");
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    expect(new URL(lines[0]!.trim()).hash).toBe("#set=label:3&set=condition:1,0,-2&layout=hw:8,8");
    interrupt.abort();
    expect(await exit).toBe(0);
  });

  it("serves the page alone where no model is named, and refuses options that would be of one", async (context) => {
    if (!existsSync(pageUrl)) context.skip("the explorer's page is not built (npm run build:explorer)");
    const interrupt = new AbortController();
    const [lines, complaints]: [string[], string[]] = [[], []];
    const explore = (...options: string[]) =>
      run(["explore", "--no-open", ...options], {
        stdout: { write: (text) => lines.push(text) },
        stderr: { write: (text) => complaints.push(text) },
        signal: interrupt.signal,
      });
    expect(await explore("--set", "label=3")).toBe(2);
    expect(complaints.join("")).toContain("--set: there is no model for it");
    const exit = explore();
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    expect(new URL(lines[0]!.trim()).search).toBe("?src=");
    const picture = await ask(lines[0]!.trim(), "/shapes.png");
    expect(picture.headers["content-type"]).toBe("image/png");
    interrupt.abort();
    expect(await exit).toBe(0);
  });

  it("refuses a layout that the output does not have before it serves anything", async () => {
    const complaints: string[] = [];
    const code = await run(["explore", "sample", "--no-open", "--layout", "chw:3,10,10"], {
      stdout: { write: () => true },
      stderr: { write: (text) => complaints.push(text) },
      signal: new AbortController().signal,
    });
    expect(code).toBe(65);
    expect(complaints.join("")).toMatch(
      /--layout chw:3,10,10: 3 × 10 × 10 is 300 values, not 12288\. Possible with --layout: chw:3,64,64/,
    );
  });

  it("says that a model is missing before it serves anything", async () => {
    const code = await run(["explore", join(folder, "none.onnx"), "--no-open"], {
      stdout: { write: () => true },
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    expect(code).toBe(66);
  });
});
