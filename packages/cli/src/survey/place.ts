// Working in the folder of a survey: command lines of a plan name files from there.

import { relative, resolve } from "node:path";
import { SurveyFolder } from "./folder.ts";

/** Does `work` with the folder as the working directory. Errors name files as they are found from where that was before. */
export async function inFolder<T>(path: string, work: (folder: SurveyFolder) => Promise<T>): Promise<T> {
  const [folder, before] = [resolve(path), process.cwd()];
  process.chdir(folder);
  try {
    return await work(new SurveyFolder(folder));
  } catch (error) {
    throw errorSeenFrom(before, folder, error);
  } finally {
    process.chdir(before);
  }
}

/** The error, whose message names files as {@link seenFrom} does. */
export function errorSeenFrom(place: string, folder: string, error: unknown): unknown {
  if (error instanceof Error) error.message = seenFrom(place, folder, error.message);
  return error;
}

/** A message with files that are named from the folder of a survey, `../codes.npy`, named as they are found from `place`. */
export function seenFrom(place: string, folder: string, message: string): string {
  return message.replaceAll(/(?<![\w./-])(?:\.\.\/)+/g, (ups) => {
    const whole = resolve(folder, ups);
    const near = relative(place, whole);
    if (near === "") return "";
    return `${near.startsWith("..") ? whole.replace(/\/$/, "") : near}/`;
  });
}
