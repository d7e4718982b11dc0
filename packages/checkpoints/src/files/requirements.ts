// What public functions are given, by kind: what is forgotten or confused is said by name.

import { hasParts, type KindCheck, kindCheck } from "@vielbein/core";

/** Requires an argument of a kind that functions of this package take. */
export const requireKind: KindCheck<"file"> = kindCheck<"file">({
  file: ["a file { name, bytes }", hasParts("name", "bytes")],
});
