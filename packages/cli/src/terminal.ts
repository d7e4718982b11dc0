// Talking to the person: data goes to stdout, everything else here, to stderr. A progress line is redrawn
// on a terminal and printed at intervals elsewhere, so that logs of batch jobs stay readable.

import { styleText } from "node:util";

export interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly quiet: boolean;
}

const LINE_INTERVAL_MS = 5000;

export function info(terminal: Terminal, text: string): void {
  if (!terminal.quiet) terminal.stderr.write(`${text}\n`);
}

/** Counts `total` steps; call the result after each, and `done` at the end. */
export class Progress {
  private readonly terminal: Terminal;
  private readonly what: string;
  private readonly total: number;
  private readonly started: number = performance.now();
  private lastLine = 0;

  constructor(terminal: Terminal, what: string, total: number) {
    this.terminal = terminal;
    this.what = what;
    this.total = total;
    this.step(0);
  }

  step(count: number): void {
    if (this.terminal.quiet) return;
    const now = performance.now();
    if (this.terminal.stderr.isTTY) {
      this.terminal.stderr.write(`\r\u001b[K${this.what} ${this.bar(count)} ${count}/${this.total}`);
    } else if (count > 0 && now - Math.max(this.lastLine, this.started) > LINE_INTERVAL_MS) {
      this.lastLine = now;
      this.terminal.stderr.write(`${this.what} ${count}/${this.total}\n`);
    }
  }

  done(): void {
    if (!this.terminal.quiet && this.terminal.stderr.isTTY) this.terminal.stderr.write("\r\u001b[K");
  }

  private bar(count: number): string {
    const width = 24;
    const filled = Math.round((width * count) / this.total);
    return "━".repeat(filled) + dim("─".repeat(width - filled));
  }
}

// styleText honours NO_COLOR, FORCE_COLOR and terminals that cannot show colour.
export function bold(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}

export function dim(text: string): string {
  return styleText("dim", text, { stream: process.stdout });
}

/** Columns aligned with two spaces between; numbers (columns marked `right`) flush right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
