#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rank that is killed (-9) while it steps and saves: mpirun ends the others and says which it was,
# and the last checkpoint is whole, on another number of ranks.
#   killed.sh <program> <how to run it on as many ranks as follow>...
set -euo pipefail
program=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
path=$folder/state

for round in 1 2 3 4 5; do
  "$@" 3 "$program" "$path" >"$folder/log" 2>&1 &
  run=$!
  before=$(stat -c %Y.%i "$path" 2>/dev/null || true)
  for _ in $(seq 200); do # until it has saved, if only once
    [[ $(stat -c %Y.%i "$path" 2>/dev/null || true) == "$before" ]] || break
    sleep 0.05
  done
  sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
  mapfile -t ranks < <(pgrep -f "^$program $path\$")
  ((${#ranks[@]} == 3)) || { cat "$folder/log"; echo "${#ranks[@]} ranks run"; exit 1; }
  kill -9 "${ranks[RANDOM % 3]}"
  wait "$run" && { echo "a run of which a rank was killed ended well"; exit 1; }
  grep -qiE 'rank [0-9].*(signal 9|killed)|KILLED BY SIGNAL: 9|EXIT CODE: 9' "$folder/log" ||
    { cat "$folder/log"; echo "nothing says which rank was killed"; exit 1; }
  pgrep -f "^$program $path\$" && { echo "some ranks still run"; exit 1; }
  "$@" 2 "$program" "$path" --check || { echo "round $round: the checkpoint is not whole"; exit 1; }
done
