// LAPACK's Fortran from Debian's source package, and its conversion to C. Nothing of it is kept in the repository.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = "3.11.0";
const PACKAGE = `lapack=${VERSION}-2`;
const TARBALL = `lapack_${VERSION}.orig.tar.gz`;
const SHA256 = "4b9ba79bfd4921ca820e83979db76ab3363155709444a787979e81c22285ffa9";

const here = import.meta.dirname;

/** Unpacks the pinned LAPACK into `folder` and returns the path of its root. */
export function unpackLapack(folder) {
  const tarball = process.env.LAPACK_TARBALL ?? downloadTarball(join(folder, "apt"));
  const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
  if (digest !== SHA256) throw new Error(`${tarball}: sha256 is ${digest}, expected ${SHA256}.`);
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  return join(folder, `lapack-${VERSION}`);
}

/**
 * `apt-get source` with the machine's own package lines read as source lines, from a configuration of our own: the
 * system's lists stay as they are.
 */
function downloadTarball(folder) {
  const parts = join(folder, "sources");
  mkdirSync(parts, { recursive: true });
  mkdirSync(join(folder, "lists", "partial"), { recursive: true });
  const system = "/etc/apt/sources.list.d";
  for (const file of existsSync(system) ? readdirSync(system) : []) {
    const text = readFileSync(join(system, file), "utf8");
    if (file === "debian.sources")
      writeFileSync(join(parts, file), text.replace(/^Types:.*$/gm, "Types: deb-src"));
  }
  if (existsSync("/etc/apt/sources.list")) {
    const text = readFileSync("/etc/apt/sources.list", "utf8");
    writeFileSync(join(parts, "main.list"), text.replace(/^deb /gm, "deb-src "));
  }
  const apt = (...args) =>
    execFileSync(
      "apt-get",
      [
        ...["-o", "Dir::Etc::sourcelist=/dev/null", "-o", `Dir::Etc::sourceparts=${parts}`],
        ...["-o", `Dir::State::lists=${join(folder, "lists")}`, "-o", "Dir::Cache::pkgcache="],
        ...["-o", "Dir::Cache::srcpkgcache=", "-o", "APT::Sandbox::User=root", ...args],
      ],
      { cwd: folder, stdio: ["ignore", "ignore", "inherit"] },
    );
  apt("update");
  apt("source", "--download-only", PACKAGE);
  return join(folder, TARBALL);
}

// What f2c, a Fortran 77 compiler, cannot read, and one loop.
const patches = {
  // RECURSIVE: with f2c -a all variables are automatic anyway.
  dgetrf2: (text) => text.replace(/^ +RECURSIVE SUBROUTINE/m, "      SUBROUTINE"),
  dpotrf2: (text) => text.replace(/^ +RECURSIVE SUBROUTINE/m, "      SUBROUTINE"),
  // Assignments to whole sections, for empty matrices, which the API never passes on.
  dgejsv: (text) => text.replace(/^ +I?WORK\(1:\d\) = 0\n/gm, ""),
  // EXIT from a loop becomes a jump behind it.
  dlarft: (text) => {
    let label = 900;
    return text.replace(/EXIT\n( *END ?DO)\n/g, (_, end) => {
      label += 1;
      return `GO TO ${label}\n${end}\n  ${label}             CONTINUE\n`;
    });
  },
  // Not for f2c but for the cache: rows of VT are gathered column by column. COLTYP is free at that point.
  dlasd2: (text) =>
    text.replace("CALL DCOPY( M, VT( IDXJ, 1 ), LDVT, VT2( J, 1 ), LDVT2 )", "COLTYP( J ) = IDXJ").replace(
      /^ +160 CONTINUE\n/m,
      `  160 CONTINUE
      DO 165 I = 1, M
         DO 164 J = 2, N
            VT2( J, I ) = VT( COLTYP( J ), I )
  164    CONTINUE
  165 CONTINUE
`,
    ),
};

// Options that our API never asks for, each as the test that LAPACK makes and its outcome: the compiler then drops the
// code behind them, a tenth of the module. Test programs are linked with the untrimmed routines.
const unused = {
  dgesdd: [["LSAME( JOBZ, 'O' )", false]],
  dgejsv: [
    ["LSAME( JOBU, 'F' )", false],
    ["LSAME( JOBV, 'J' )", false],
    ["LSAME( JOBA, 'F' ) .OR. LSAME( JOBA, 'G' )", true],
    ["LSAME( JOBA, 'R' )", false],
    ["LSAME( JOBA, 'A' )", false],
    ["LSAME( JOBA, 'E' ) .OR. LSAME( JOBA, 'G' )", false],
    ["LSAME( JOBT, 'T' )", false],
    ["LSAME( JOBR, 'R' )", true],
    ["LSAME( JOBP, 'P' )", false],
  ],
  dgesvj: [["LSAME( JOBU, 'C' )", false]],
  dlarfb: [["LSAME( DIRECT, 'F' )", true]],
  dlarft: [["LSAME( DIRECT, 'F' )", true]],
  dlatrd: [["LSAME( UPLO, 'U' )", false]],
  dsytrd: [["LSAME( UPLO, 'U' )", false]],
  dsytd2: [["LSAME( UPLO, 'U' )", false]],
  dormtr: [["LSAME( UPLO, 'U' )", false]],
  dsygst: [["LSAME( UPLO, 'U' )", false]],
  dsygs2: [["LSAME( UPLO, 'U' )", false]],
  dsygvd: [["LSAME( UPLO, 'U' )", false]],
  dstedc: [["LSAME( COMPZ, 'V' )", false]],
  dbdsdc: [["LSAME( COMPQ, 'P' )", false]],
};

// Calls behind such options that would still be linked.
const unusedCalls = { dlaed0: "DLAED7", dbdsdc: "DLASDA", dormtr: "DORMQL" };

function trim(name, text) {
  for (const [test, outcome] of unused[name] ?? []) {
    if (!text.includes(test)) throw new Error(`${name}.f has no ${test}.`);
    text = text.replaceAll(test, outcome ? ".TRUE." : ".FALSE.");
  }
  if (!unusedCalls[name]) return text;
  const call = new RegExp(`^ +CALL ${unusedCalls[name]}\\(.*\n( {5}\\$.*\n)*`, "m");
  if (!call.test(text)) throw new Error(`${name}.f does not call ${unusedCalls[name]}.`);
  return text.replace(call, "               CONTINUE\n");
}

/** Names of the LAPACK routines that are converted. */
export function routineNames() {
  return readFileSync(join(here, "routines.txt"), "utf8").replace(/^#.*$/gm, "").trim().split(/\s+/);
}

/**
 * The routines of routines.txt as C: name → source text. Needs `f2c` on the path. `whole` keeps the options that our
 * API does not use.
 */
export function convertLapack(root, folder, { whole = false } = {}) {
  mkdirSync(folder, { recursive: true });
  const sources = {};
  for (const name of routineNames()) {
    const fortran = readFileSync(join(root, "SRC", `${name}.f`), "latin1");
    const patched = patches[name] ? patches[name](fortran) : fortran;
    if (patches[name] && patched === fortran)
      throw new Error(`The patch of ${name}.f found nothing to change.`);
    writeFileSync(join(folder, `${name}.f`), whole ? patched : trim(name, patched), "latin1");
    execFileSync("f2c", ["-a", "-A", `${name}.f`], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    sources[`${name}.c`] = readFileSync(join(folder, `${name}.c`), "utf8");
  }
  return sources;
}
