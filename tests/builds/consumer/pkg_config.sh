#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles main.cpp by what pkg-config says of each module of an installation, and runs it.
#   pkg_config.sh COMPILER FOLDER_OF_PC_FILES PROGRAM
set -euo pipefail
compiler=$1 folder=$2 program=$3
export PKG_CONFIG_PATH=$folder${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
pkg-config --exists eigen3 || exit 77 # no pkg-config, or an Eigen that it does not know

for file in "$folder"/*.pc; do
  module=$(basename "$file" .pc)
  read -ra flags <<<"$(pkg-config --print-errors --cflags --libs "$module")"
  "$compiler" -std=c++17 "$(dirname "$0")/main.cpp" "${flags[@]}" -o "$program"
  "$program"
done
