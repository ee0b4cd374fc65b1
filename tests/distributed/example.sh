#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example of many ranks: its losses fall, and are those of one rank.
#   example.sh <program> <how to run it on as many ranks as follow>...
set -euo pipefail
program=$1
shift
one=$("$@" 1 "$program")
echo "$one"
[[ $(wc -l <<<"$one") == 6 ]] || { echo "six losses were expected"; exit 1; }
sort -C -g -r -k 4 <<<"$one" || { echo "the losses do not fall"; exit 1; }
for ranks in 2 3 7; do
  diff <(echo "$one") <("$@" "$ranks" "$program") || { echo "$ranks ranks differ from one"; exit 1; }
done
