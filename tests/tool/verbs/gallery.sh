#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/filters.md: its commands run, draw all of its pictures, and these say what the stored ones do.
#   gallery.sh <path of the tool>
set -euo pipefail
shopt -s extglob

root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../..")
pion=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/tools/gallery" "$pion" "$work"
cd "$work"

shown=$(grep -oE '\]\(filters/[^)]*' "$root/docs/filters.md" | sed 's/.*(/docs\//' | sort)
[[ $shown == "$(ls docs/filters/* | sort)" ]] || { echo "shown and drawn differ"; exit 1; }
# The words and numbers, and how many curves: where a curve goes to the last pixel is the machine's.
said() { grep -oE '>[^<>]+</text>' "$1"; grep -c '<polyline' "$1"; }
for picture in $shown; do
  diff <(said "$root/$picture") <(said "$picture") || { echo "$picture is out of date"; exit 1; }
done

# The commands in the text, but for verbs alone, and those that leave something open, in capitals.
grep -oE '`pion [^`]*`' "$root/docs/filters.md" | tr -d '`' | sort -u | while read -r _ arguments; do
  [[ $arguments != *' '* || $arguments == *' '+([A-Z])?( *) ]] && continue
  echo "pion $arguments"
  # shellcheck disable=SC2086 # the arguments are words
  "$pion" $arguments >out || exit 1
done
