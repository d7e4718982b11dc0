// How far a report has come, and how long the rest takes: sections count by the share of the time that they take.

import type { Terminal } from "../../kit/terminal.ts";

const LINE_INTERVAL_MS = 10_000;
/** Part of the whole before which the time left is anybody's guess. */
const EARLY = 0.03;

export class ReportProgress {
  readonly #terminal: Terminal;
  readonly #total: number;
  #begun: number = performance.now();
  #done = 0;
  #kept = 0;
  #title = "";
  #share = 0;
  #lastLine = 0;

  /** @param total the shares of all parts. */
  constructor(terminal: Terminal, total: number) {
    this.#terminal = terminal;
    this.#total = total;
  }

  /** Parts that an earlier run computed. */
  skip(share: number): void {
    this.#kept += share;
  }

  begin(title: string, share: number): void {
    this.#title = title;
    this.#share = share;
    this.#draw(0, true);
  }

  /** How far the command at work has come, of 1. */
  within(fraction: number): void {
    this.#draw(fraction, false);
  }

  end(): void {
    this.#done += this.#share;
    this.#share = 0;
  }

  close(): void {
    const { quiet, stderr } = this.#terminal;
    if (!quiet && stderr.isTTY) stderr.write("\r\u001b[K");
  }

  /** Seconds; undefined while nothing is known of the pace. */
  #secondsLeft(fraction: number, now: number): number | undefined {
    const done = this.#done + fraction * this.#share;
    const all = this.#total - this.#kept;
    if (done < EARLY * all) return undefined;
    return ((now - this.#begun) / 1000) * ((all - done) / done);
  }

  #draw(fraction: number, isNew: boolean): void {
    const { quiet, stderr } = this.#terminal;
    if (quiet) return;
    const now = performance.now();
    const share = Math.round((100 * (this.#kept + this.#done + fraction * this.#share)) / this.#total);
    const left = this.#secondsLeft(fraction, now);
    const line = `${share} %  ${this.#title}${left === undefined ? "" : `  ${durationText(left)} left`}`;
    if (stderr.isTTY) stderr.write(`\r\u001b[K${line}`);
    else if (isNew || now - this.#lastLine > LINE_INTERVAL_MS) {
      this.#lastLine = now;
      stderr.write(`${line}\n`);
    }
  }
}

/** `about 40 s`, `about 3 min`, `about 2 h`. */
function durationText(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min` : `about ${Math.round(seconds / 3600)} h`;
}
