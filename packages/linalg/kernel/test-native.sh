#!/bin/sh
# LAPACK's own test programs on a native, scalar build of the kernel: dblat1, dblat2, dblat3 (BLAS), dchkee with svd.in
# and sep.in (singular values, symmetric eigenproblems).
#
#   sh kernel/test-native.sh
#
# Needs gfortran, gcc, f2c and what build.mjs needs to get LAPACK's sources (LAPACK_TARBALL or apt). Linked are our C and
# the converted routines (with all options); what is not among them comes from LAPACK compiled by gfortran. Error-exit
# tests are off: our BLAS does not check arguments, the TypeScript above it does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "Converting and compiling …"
lapack=$(node --input-type=module -e "
  import { writeFileSync } from 'node:fs';
  import { convertLapack, unpackLapack } from 'file://$here/lapack-source.mjs';
  const root = unpackLapack('$work');
  const sources = convertLapack(root, '$work/f2c', { whole: true });
  for (const [name, text] of Object.entries(sources)) writeFileSync('$work/f2c/' + name, text);
  console.log(root);")

mkdir own converted reference eig
(cd own && gcc -O2 -ffp-contract=off -DLA_TEST -c "$here"/*.c && rm -f api.o memory.o tsqr.o && ar -cr ../libown.a ./*.o)
(cd converted && gcc -O2 -ffp-contract=off -std=gnu89 -w -I"$here" -c ../f2c/*.c && ar -cr ../libconverted.a ./*.o)
(cd reference && gfortran -O1 -w -c "$lapack"/SRC/la_constants.f90 "$lapack"/SRC/la_xisnan.F90 &&
  gfortran -O1 -w -c "$lapack"/SRC/d*.f "$lapack"/SRC/d*.f90 "$lapack"/SRC/il*.f "$lapack"/SRC/ieeeck.f \
    "$lapack"/SRC/iparmq.f "$lapack"/SRC/iparam2stage.F "$lapack"/SRC/dsytrd_sb2st.F "$lapack"/SRC/lsamen.f \
    "$lapack"/INSTALL/ilaver.f "$lapack"/INSTALL/dsecnd_INT_ETIME.f "$lapack"/INSTALL/dlamch.f "$lapack"/BLAS/SRC/d*.f "$lapack"/BLAS/SRC/d*.f90 &&
  # Nothing of the reference may stand in for ours.
  for ours in ilaenv $(nm ../libown.a ../libconverted.a | sed -n 's/.* T \(.*\)_$/\1/p'); do rm -f "$ours.o"; done &&
  ar -cr ../libreference.a ./*.o)
(cd eig && gfortran -O1 -w -c "$lapack"/TESTING/EIG/d*.f "$lapack"/TESTING/EIG/[aix]*.f "$lapack"/TESTING/EIG/chkxer.f \
  "$lapack"/TESTING/MATGEN/d*.f && ar -cr ../libeig.a ./*.o)

failures=0
# run <name> <input> <lines that count as passed> <lines that count as failed>
run() {
  if [ "$2" = - ]; then "./$1" >"$1.log" 2>&1 || true
  else
    # Sizes around the block sizes of our level 3 instead of at most 35.
    sed 's/^[0-9]* *\(NUMBER OF VALUES OF N\)$/9 \1/; s/^[0-9 ]*[0-9]  *\(VALUES OF N\)$/0 1 2 5 31 33 63 64 65 \1/
      s/^T\( *LOGICAL FLAG, T TO TEST ERROR EXITS\)/F\1/; s/^T\( *Put T to test the error exits\)/F\1/' "$2" >"$1.in"
    "./$1" <"$1.in" >"$1.log" 2>&1 || true
    [ ! -f "$1.out" ] || cat "$1.out" >>"$1.log"
  fi
  passed=$(grep -c "$3" "$1.log" || true)
  echo "$1: $passed passed"
  grep "$3" "$1.log" | sed 's/^ */    /' | sort | uniq -c
  if [ "$passed" -eq 0 ] || grep -q "$4" "$1.log"; then
    grep "$4" "$1.log" || tail -5 "$1.log"
    failures=$((failures + 1))
  fi
}

for program in dblat1 dblat2 dblat3; do
  gfortran -O1 -w "$lapack/BLAS/TESTING/$program.f" -Wl,--start-group libown.a libreference.a -Wl,--end-group \
    -lm -o $program
done
run dblat1 - "PASS" "FAIL"
run dblat2 "$lapack/BLAS/TESTING/dblat2.in" "PASSED THE COMPUTATIONAL" "FAIL\|SUSPECT"
run dblat3 "$lapack/BLAS/TESTING/dblat3.in" "PASSED THE COMPUTATIONAL" "FAIL\|SUSPECT"

gfortran -O1 -w "$lapack/TESTING/EIG/dchkee.F" -Wl,--start-group libeig.a libown.a \
  libconverted.a libreference.a -Wl,--end-group -lm -o svd
cp svd sep
run svd "$lapack/TESTING/svd.in" "passed the threshold" "failed to pass\|error\|\*\*\*"
run sep "$lapack/TESTING/sep.in" "passed the threshold" "failed to pass\|error\|\*\*\*"

[ "$failures" -eq 0 ] && echo "All of LAPACK's tests passed." || { echo "$failures programs report failures."; exit 1; }
