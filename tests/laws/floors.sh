#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No include runs upward. The floors are the lines "N folder: file ..." of docs/architecture.md: a
# file includes only its own folder and folders of a smaller number. A folder may have rooms,
# folder/room, which are floors too. A facade header, pion/apply.hpp, counts as its folder. Each line names exactly the files that its folder has. And each header that
# docs/glossary.md names is there.
set -euo pipefail
errors=0
wrong() { echo "$1"; errors=1; }

check() { # check <marker> <root> <include pattern>: the floors after <!-- marker -->
  local marker=$1 root=$2 pattern=$3 line number folder files
  declare -A floor=()
  while read -r line; do
    number=${line%% *} folder=${line#* } folder=${folder%%:*} files=${line#*:}
    floor[$folder]=$number
    for file in $files; do
      compgen -G "$root/$folder/$file.*" >/dev/null ||
        wrong "docs/architecture.md names $folder/$file, which $root does not have"
    done
    for path in "$root/$folder"/*.*; do
      file=$(basename "$path") file=${file%.*}
      [[ " $files " == *" $file "* || " ${forwarders[*]} " == *" $path "* ]] || wrong "docs/architecture.md does not name $path"
    done
  done < <(awk -v marker="<!-- $marker -->" '$0 == marker { on = 1; next } on && /^<!--/ { exit }
             on && /^ *[0-9]+ +[a-z\/]+:/ { if (line) print line; line = $0; next }
             on && /^ +[a-z]/ { line = line " " $0; next }
             END { print line }' docs/architecture.md | sed -E "s/^ +//; s/ +/ /g")

  while read -r folder; do
    [[ -n ${floor[$folder]:-} ]] || wrong "docs/architecture.md gives $root/$folder no floor"
  done < <(find "$root" -mindepth 1 -type d -printf '%P\n')
  while IFS=: read -r path line; do
    folder=${path#"$root"/} folder=${folder%/*}
    [[ $line =~ $pattern ]] || continue
    local to=${BASH_REMATCH[1]}
    [[ -d $root/$to ]] || to=${to%/*}
    [[ $to == "$folder" ]] && continue
    ((${floor[$to]:-99} < ${floor[$folder]:-0})) ||
      wrong "$path (floor ${floor[$folder]:-?}) includes a file of $to (floor ${floor[$to]:-?})"
  done < <(grep -rH '#include' "$root"/*/ | grep -vF "${forwarders[@]/#/-e}")
}

# One-line headers at old paths (they say so) may point anywhere.
mapfile -t forwarders < <(grep -rl '^// Moved, kept until' include/pion)

check floors include/pion '<pion/([a-z_0-9/]+)[.]'
check rooms tools/pion_tool '"pion_tool/([a-z_0-9/]+)[.]'
while read -r header; do
  [[ -f include/pion/$header ]] || wrong "docs/glossary.md names $header, which is not there"
done < <(grep -oE '[a-z_/]+\.hpp' docs/glossary.md | sort -u)
exit $errors
