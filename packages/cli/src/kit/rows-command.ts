// Commands whose work is rows. Their job is a value, so that a survey of many points is made of the same rows as the
// command's own, by the same code.

import type { Provenance } from "@vielbein/core";
import { type CommandValue, command, type Definition, readOptions } from "./command.ts";
import type { Options, OptionsOf } from "./options.ts";
import type { Column, Row, RowValue } from "./row-file.ts";
import { computeRows, type RowOptions, type RowsJob } from "./rows.ts";
import type { Task } from "./task.ts";

type ModelArgument = "<model>";

interface ModelTask<O> extends Task<O> {
  readonly model: string;
}

interface SummarizedJob<R> extends RowsJob<R> {
  /** Numbers that say in short what a row has found, for a table of many. */
  readonly summary: RowSummary<R>;
}

interface RowSummary<R> {
  readonly names: readonly string[];
  /** Any of them; what a row does not have is left out, or NaN. */
  readonly of: (row: R) => Readonly<Record<string, number | undefined>>;
}

interface RowsDefinition<O extends Options, R>
  extends Omit<Definition<ModelArgument, O>, "argument" | "run"> {
  /** Opens the model and says what the rows are. */
  readonly job: (task: ModelTask<OptionsOf<O>>) => Promise<SummarizedJob<R>>;
}

/** One row of any job. */
export interface FoundRow {
  readonly cells: Readonly<Record<string, RowValue>>;
  readonly summary: Readonly<Record<string, number | undefined>>;
}

/** A job whose rows are taken for what their columns say. */
export interface OpenJob {
  readonly total: number;
  readonly provenance: Provenance;
  readonly columns: Readonly<Record<string, Column>>;
  /** Names of what sums a row up. */
  readonly summary: readonly string[];
  readonly compute: (index: number) => Promise<FoundRow>;
}

/** A command on MODEL whose work is rows. */
export interface RowsCommand extends CommandValue {
  readonly options: Options;
  /**
   * The job of a command line.
   *
   * @param words the options as they are typed.
   * @throws {VielbeinError} `INVALID_ARGUMENT` for options that the command does not have; what opening throws.
   */
  readonly open: (task: Omit<ModelTask<unknown>, "options">, words: readonly string[]) => Promise<OpenJob>;
}

/** The command of a definition; see {@link command}. */
export function rowsCommand<const O extends Options, R extends Row<R>>(
  definition: RowsDefinition<O, R>,
): RowsCommand {
  const { job, ...rest } = definition;
  const made = command({
    ...rest,
    argument: "<model>",
    run: async (task: ModelTask<OptionsOf<O>>) =>
      computeRows(task as ModelTask<OptionsOf<O>> & Task<RowOptions>, await job(task)),
  });
  return {
    ...made,
    options: definition.options,
    open: async (task, words) => {
      const found = await job({ ...task, options: readOptions({ ...rest, argument: "<model>" }, words) });
      const compute = async (index: number): Promise<FoundRow> => {
        const row = await found.compute(index);
        return { cells: row as FoundRow["cells"], summary: found.summary.of(row) };
      };
      const { total, provenance, columns, summary } = found;
      return { total, provenance, columns, summary: summary.names, compute };
    },
  };
}
