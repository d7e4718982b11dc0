// Talking to the person: results go to stdout, remarks and progress to stderr. A progress line is redrawn on a terminal
// and printed at intervals elsewhere, so that logs of batch jobs stay readable. Names come from strangers' files: all
// text leaves through here, where nothing in them can act on the terminal.

import { styleText } from "node:util";
import { escapeControls } from "@vielbein/viz";
import { durationText } from "./durations.ts";

export interface Terminal {
  readonly stdout: { write(content: string | Uint8Array): unknown };
  readonly stderr: { write(content: string | Uint8Array): unknown; readonly isTTY?: boolean };
  /** Where the results of a command are printed: on stderr when a file goes to stdout. */
  reports: "stdout" | "stderr";
  readonly quiet: boolean;
  /** Told of the progress in place of drawing it, where the command is a part of a larger one. */
  readonly watch?: ((what: string, count: number, total: number) => void) | undefined;
}

const LINE_INTERVAL_MS = 5000;

/** Prints the result of a command: text as it is, anything else as JSON. */
export function print(terminal: Terminal, result: string | object): void {
  const text = typeof result === "string" ? result : `${JSON.stringify(result, null, 2)}\n`;
  terminal[terminal.reports].write(shown(text));
}

/** A remark, which --quiet silences. */
export function info(terminal: Terminal, text: string): void {
  if (!terminal.quiet) terminal.stderr.write(shown(`${oneLine(text)}\n`));
}

/** Lines put together to one. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}

/**
 * The text with all characters escaped that would act on a terminal, but for line ends and the styles of this module.
 */
export function shown(text: string): string {
  return text
    .split(STYLES)
    .map((part, i) => (i % 2 === 0 ? escapeControls(part, "\n\t") : part))
    .join("");
}

/** Counts `total` steps; call the result after each, and `done` at the end. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #total: number;
  readonly #timeLeft: boolean;
  #started: number = performance.now();
  #known = 0;
  #lastLine = 0;

  /** @param timeLeft whether to say about how long the rest takes. */
  constructor(terminal: Terminal, what: string, total: number, { timeLeft = false } = {}) {
    this.#terminal = terminal;
    this.#what = what;
    this.#total = total;
    this.#timeLeft = timeLeft;
    this.step(0);
  }

  /** Begins at `count`, which took no time. */
  begin(count: number): void {
    this.#known = count;
    this.#started = performance.now();
  }

  step(count: number): void {
    const { watch } = this.#terminal;
    if (watch) {
      watch(this.#what, count, this.#total);
      return;
    }
    if (this.#terminal.quiet) return;
    const now = performance.now();
    if (this.#terminal.stderr.isTTY) {
      const line = `${this.#what} ${this.#bar(count)} ${count}/${this.#total}${this.#rest(count)}`;
      this.#terminal.stderr.write(`\r\u001b[K${line}`);
    } else if (count > 0 && now - Math.max(this.#lastLine, this.#started) > LINE_INTERVAL_MS) {
      this.#lastLine = now;
      this.#terminal.stderr.write(`${this.#what} ${count}/${this.#total}${this.#rest(count)}\n`);
    }
  }

  done(): void {
    const { quiet, stderr, watch } = this.#terminal;
    if (!quiet && !watch && stderr.isTTY) this.#terminal.stderr.write("\r\u001b[K");
  }

  #rest(count: number): string {
    const done = count - this.#known;
    if (!this.#timeLeft || done <= 0) return "";
    const each = (performance.now() - this.#started) / done;
    return `, about ${durationText((each * (this.#total - count)) / 1000)} left`;
  }

  #bar(count: number): string {
    const width = 24;
    const filled = Math.round((width * count) / this.#total);
    return "━".repeat(filled) + dim("─".repeat(width - filled));
  }
}

// The start of bold and of dim, and the end of either. The group makes `split` keep them.
const STYLES = new RegExp(`(${"\u001b"}\\[(?:1|2|22)m)`);

// A name is one line, so line ends are escaped too. styleText honours NO_COLOR, FORCE_COLOR and terminals that cannot
// show colour.
export function bold(text: string): string {
  return styleText("bold", escapeControls(text), { stream: process.stdout });
}

export function dim(text: string): string {
  return styleText("dim", escapeControls(text), { stream: process.stdout });
}

/** The line above a table: what it is of, and a remark. */
export function heading(what: string, remark: string): string {
  return `${bold(what)}  ${dim(remark)}`;
}
