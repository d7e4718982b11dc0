// Property tests draw the same cases in every run, so that a failure is a change of the code. Another seed looks
// further: `VIELBEIN_PROPERTY_SEED=7 npx vitest run`.

import { configureGlobal } from "fast-check";

configureGlobal({ seed: Number(process.env.VIELBEIN_PROPERTY_SEED ?? 1) });
