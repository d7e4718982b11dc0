// What a command has to say in the end, and how it is said.

import { print, type Terminal } from "./terminal.ts";

/** What a command found. Of document and text, only what is asked for is made. */
export interface Report {
  /** The document that --json prints. */
  readonly json?: () => object;
  /** What is printed without --json; left out where that is nothing. */
  readonly text?: () => string;
  /** What remains to be done once that is printed, such as drawing a figure. */
  readonly after?: () => Promise<void>;
  /**
   * Called last: throws what cut the work short, if anything did. Where printing fails too, this is the error that
   * counts.
   */
  readonly conclude?: () => void;
}

/** Prints a report, and does what remains to be done. */
export async function present(report: Report, terminal: Terminal, asJson: boolean): Promise<void> {
  const said = asJson ? report.json : report.text;
  try {
    if (said) print(terminal, said());
    await report.after?.();
  } finally {
    report.conclude?.();
  }
}
