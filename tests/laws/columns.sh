#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No line of a source is longer than 100 columns, comments included.
set -uo pipefail
! find include src tools tests python examples bench \( -name '*.[ch]pp' -o -name '*.cu' -o \
  -name '*.cuh' -o -name '*.inl' -o -name CMakeLists.txt \) -print0 |
  LC_ALL=C.UTF-8 xargs -0 grep -nE '^.{101,}'
