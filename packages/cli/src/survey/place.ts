// Working in the folder of a survey: command lines of a plan name files from there.

import { resolve } from "node:path";
import { SurveyFolder } from "./folder.ts";

/** Does `work` with the folder as the working directory. */
export async function inFolder<T>(path: string, work: (folder: SurveyFolder) => Promise<T>): Promise<T> {
  const [folder, before] = [resolve(path), process.cwd()];
  process.chdir(folder);
  try {
    return await work(new SurveyFolder(folder));
  } finally {
    process.chdir(before);
  }
}
