// A process, Python's by default, that answers one JSON line per JSON line.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class PythonChild {
  #process;
  #answers;

  /** @param threads OpenMP threads, set before the libraries start their pools. */
  constructor(script, threads, interpreter = process.env.PYTHON ?? "python3") {
    const environment = {
      ...process.env,
      OMP_NUM_THREADS: String(threads),
      MKL_NUM_THREADS: String(threads),
    };
    this.#process = spawn(interpreter, [script], {
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
    // A child that cannot start closes its output, which `ask` reports.
    this.#process.on("error", () => {});
    this.#process.stdin.on("error", () => {});
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(command, fields = {}) {
    this.#process.stdin.write(`${JSON.stringify({ command, ...fields })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) {
      throw new Error(
        `The Python side ended at "${command}". It needs torch, onnx and numpy; name its interpreter in $PYTHON.`,
      );
    }
    return JSON.parse(value);
  }

  close() {
    this.#process.stdin.end();
  }
}
