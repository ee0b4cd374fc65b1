#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: kernel_symbols.sh SET OBJECT...
# Whatever the linker could take from one instruction set's objects for another file is named by the
# set. A function of the standard library that was compiled with AVX-512 and found by a file that
# runs everywhere would stop the program on an older processor.
set -euo pipefail
set_of=$1
shift
count=$(nm -C "$@" | grep -cE " [TWV] .*pion_(eigen_|kernels_)?$set_of(::|\()") || true
if ((count == 0)); then
  echo "the objects define nothing that is named by $set_of"
  exit 1
fi
if nm -C "$@" | grep -F '_GLOBAL__sub_I'; then
  echo "code of $set_of runs when a program is loaded"
  exit 1
fi
if nm -C "$@" | grep -E ' [BDRTuVW] ' | grep -vE "pion_(eigen_|kernels_)?$set_of(::|\()" |
  grep -vF 'DW.ref.__gxx_personality'; then
  echo "these names are not $set_of's own"
  exit 1
fi
