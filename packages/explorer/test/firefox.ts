// Firefox by its own protocol, WebDriver BiDi over a WebSocket: just enough to open a page and to run functions in it.
// Playwright brings a Firefox of its own, and asks more of that of the system than it can do.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const executable = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** Why there is no Firefox to test in; undefined where there is one. */
export const missingFirefox: string | undefined = existsSync(executable)
  ? undefined
  : "Firefox is not installed (apt-get install firefox-esr, or set FIREFOX)";

/** What scripts return: values as WebDriver BiDi serialises them. */
interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

export class Firefox {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #received: Buffer = Buffer.alloc(0);
  #fragments: Buffer[] = [];
  #next = 0;
  #context = "";

  private constructor(process: ChildProcess, profile: string, socket: Socket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#receive(data));
  }

  static async launch(): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), "vielbein-firefox-"));
    writeFileSync(join(profile, "user.js"), PREFERENCES);
    const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
    const process = spawn(executable, args, {
      env: { ...globalThis.process.env, HOME: profile, MOZ_HEADLESS: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const address = await announced(process);
    const firefox = new Firefox(process, profile, await connected(new URL("/session", address)));
    await firefox.#send("session.new", { capabilities: {} });
    const { contexts } = (await firefox.#send("browsingContext.getTree", {})) as {
      contexts: { context: string }[];
    };
    firefox.#context = contexts[0]!.context;
    return firefox;
  }

  /** The process, whose children hold the pages. */
  get pid(): number {
    return this.#process.pid!;
  }

  async open(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "interactive" });
  }

  /** Runs a function in the page; what it returns travels as JSON. */
  async evaluate<Result, Arg>(run: (arg: Arg) => Result, arg?: Arg): Promise<Awaited<Result>> {
    const source = `async () => JSON.stringify((await (${run})(${JSON.stringify(arg)})) ?? null)`;
    const reply = (await this.#send("script.callFunction", {
      functionDeclaration: source,
      awaitPromise: true,
      target: { context: this.#context },
    })) as { type: string; result?: { value: string }; exceptionDetails?: { text: string } };
    if (reply.exceptionDetails) throw new Error(reply.exceptionDetails.text);
    return JSON.parse(reply.result!.value);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.#send("browser.close", {}).catch(() => undefined);
    const killing = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(killing);
    this.#socket.destroy();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #send(method: string, params: object): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error, message }) =>
        error ? reject(new Error(`${method}: ${error}: ${message}`)) : resolve(result),
      );
      this.#socket.write(frameOf(JSON.stringify({ id, method, params })));
    });
  }

  /** Frames of a WebSocket (RFC 6455), which a server does not mask. */
  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (let frame = takeFrame(this.#received); frame; frame = takeFrame(this.#received)) {
      this.#received = this.#received.subarray(frame.size);
      this.#fragments.push(frame.payload);
      if (!frame.isLast) continue;
      const text = Buffer.concat(this.#fragments).toString();
      this.#fragments = [];
      if (frame.isText || text.startsWith("{")) this.#take(JSON.parse(text));
    }
  }

  #take(reply: Reply): void {
    if (reply.id === undefined) return;
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
  }
}

/** No first steps, no updates, nothing from elsewhere. */
const PREFERENCES = `
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("browser.newtabpage.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.auto", false);
user_pref("app.normandy.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
`;

/** The address that Firefox listens at. */
function announced(process: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    process.stderr!.on("data", (text: Buffer) => {
      said += text;
      const [, address] = /listening on (ws:\/\/\S+)/.exec(said) ?? [];
      if (address) resolve(address);
    });
    process.once("exit", () => reject(new Error(`Firefox ended: ${said}`)));
  });
}

function connected({ hostname, port, pathname }: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    };
    request({ hostname, port, path: pathname, headers })
      .on("upgrade", (_, socket) => resolve(socket as Socket))
      .on("response", ({ statusCode }) => reject(new Error(`Firefox refused with status ${statusCode}.`)))
      .on("error", reject)
      .end();
  });
}

/** A masked frame of text. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const { length } = payload;
  // Lengths take as few bytes as they can.
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]);
}

function takeFrame(data: Buffer) {
  if (data.length < 2) return undefined;
  const short = data[1]! & 0x7f;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (data.length < start) return undefined;
  const length =
    short === 127 ? Number(data.readBigUInt64BE(2)) : short === 126 ? data.readUInt16BE(2) : short;
  if (data.length < start + length) return undefined;
  const opcode = data[0]! & 0x0f;
  return {
    size: start + length,
    payload: Buffer.from(data.subarray(start, start + length)),
    isLast: (data[0]! & 0x80) !== 0,
    isText: opcode === 1,
  };
}

/** Bytes in memory of a process and of all that it has started, shared ones counted in part (Linux only). */
export function memoryOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  const own = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), 1024 * Number(own?.[1] ?? 0));
}
