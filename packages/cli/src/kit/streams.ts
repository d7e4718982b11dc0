// stdout and stderr of the process. A reader that has seen enough (`vielbein … | head`) closes the pipe: that is no
// failure, and what else there is to write is written anyway. Where nobody reads stderr there is nobody to tell.

/** One of them, whose error is kept instead of thrown. */
export class StandardStream {
  readonly #stream: NodeJS.WriteStream;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  get isTTY(): boolean {
    return this.#stream.isTTY;
  }

  write(content: string | Uint8Array): void {
    if (!this.#failure) this.#stream.write(content);
  }

  /** Waits until all is written; returns what prevented it, other than that nobody reads on. */
  async flushed(): Promise<Error | undefined> {
    await new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
    return this.#failure?.code === "EPIPE" ? undefined : this.#failure;
  }
}
