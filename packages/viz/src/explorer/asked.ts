// What a checkpoint does not say by itself: where reading one fails for want of it, the page asks in a field, and reads
// the file again with the answer.

import { VielbeinError } from "@vielbein/core";
import type { CheckpointAnswers, ExplorerFile } from "./engine.ts";
import { FRESH, type PageState } from "./page-state.ts";
import type { View } from "./view.ts";

type Question = keyof CheckpointAnswers;

/** How each is asked for. */
const FIELDS: Readonly<Record<Question, { type: string; min: string; placeholder: string }>> = {
  label: { type: "number", min: "0", placeholder: "0" },
  size: { type: "number", min: "1", placeholder: "512" },
  activation: { type: "text", min: "", placeholder: "relu,tanh" },
};

/** What an error asks for, whose message begins with its name. */
function questionOf(error: unknown): Question | undefined {
  if (!(error instanceof VielbeinError)) return undefined;
  if (error.code !== "INVALID_ARGUMENT" && error.code !== "OUT_OF_RANGE") return undefined;
  return (Object.keys(FIELDS) as Question[]).find((name) => error.message.startsWith(`${name}: `));
}

export class Asked {
  readonly #view: View;
  readonly #read: (file: ExplorerFile, pageState: PageState) => void;
  #file: ExplorerFile | undefined;
  /** What was answered before. */
  #answers: CheckpointAnswers = {};
  #question: Question = "label";

  /** @param read is given the file, and a state of the page that has the answers. */
  constructor(view: View, read: (file: ExplorerFile, pageState: PageState) => void, signal: AbortSignal) {
    this.#view = view;
    this.#read = read;
    view.asked.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.#answer();
      },
      { signal },
    );
  }

  /** Asks for what the failure of a file calls for, if anything. */
  ask(failure: unknown, file: ExplorerFile, answers: CheckpointAnswers = {}): void {
    const question = questionOf(failure);
    if (question === undefined) return;
    this.#file = file;
    this.#answers = answers;
    this.#question = question;
    const { asked, askedName, answer } = this.#view;
    Object.assign(answer, FIELDS[question], { value: String(answers[question] ?? "") });
    askedName.textContent = question;
    asked.hidden = false;
    answer.focus();
  }

  #answer(): void {
    const { value, type } = this.#view.answer;
    if (!this.#file) return;
    const given = { [this.#question]: type === "number" ? Number(value) : value };
    this.#read(this.#file, { ...FRESH, checkpoint: { ...this.#answers, ...given } });
  }
}
