// What a command has to say in the end, and how it is said.

import { print, type Terminal } from "./terminal.ts";

/** What a command found. Of document and text, only what is asked for is made. */
export interface Report {
  /** The document that --json prints. */
  readonly json?: () => object;
  /** What is printed without --json; left out where that is nothing. */
  readonly text?: () => string;
  /** What is left to do once that is printed, such as drawing figures of it. */
  readonly after?: () => Promise<void>;
  /** Throws what cut the work short, when all that there is to say of it is said; of more than one error this is thrown. */
  readonly conclude?: () => void;
}

/** Prints a report, and does what it leaves to do. */
export async function present(report: Report, terminal: Terminal, asJson: boolean): Promise<void> {
  const said = asJson ? report.json : report.text;
  try {
    if (said) print(terminal, said());
    await report.after?.();
  } finally {
    report.conclude?.();
  }
}
