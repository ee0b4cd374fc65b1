#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each header folder/name.hpp of the library, or folder/room/name.hpp, has a test at that place of
# tests/, or is named as "folder/name.hpp" in the test that covers it.
set -euo pipefail
errors=0
cd include/pion
for header in */*.hpp */*/*.hpp; do
  [[ -f ../../tests/${header%.hpp}.cpp ]] && continue
  grep -q '^// Moved, kept until' "$header" && continue
  grep -rqF "$header" ../../tests --include='*.cpp' && continue
  echo "include/pion/$header has no test file of its name, and no test names it"
  errors=1
done
exit $errors
