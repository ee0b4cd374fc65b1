#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the single header, compiles and links two files that have it in the place of pion/pion.hpp,
# and runs the program.
#   amalgamated.sh FOLDER COMPILER OPTION...
set -euo pipefail
tests=$(dirname "$0")
folder=$1
shift
"$tests/../../tools/amalgamate" "$folder/pion/pion.hpp"
printf '#include <pion/pion.hpp>\n#include <pion/pion.hpp>\n' >"$folder/second.cpp"
"$@" -std=c++17 -Wall -Wextra -Werror -I"$folder" "$tests/consumer/main.cpp" "$folder/second.cpp" \
  -o "$folder/program"
"$folder/program"
