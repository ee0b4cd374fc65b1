# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of the verbs share, in a folder of their own: runs of the tool that are judged, and
# files put together by hand. `pion` is the path of the tool, `data` the folder of the example data.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir out

passed=0
failed=0

# result <holds: 0 or 1> <what was looked at> [<why not>]
result() {
  if (($1)); then
    ((++passed))
  else
    ((++failed))
    printf 'FAILED: %s\n' "$2"
    [[ -z ${3:-} ]] || printf '  %s\n' "$3"
  fi
}

# run <arguments>: leaves the exit status in $status, the outputs in the files stdout and stderr.
run() {
  "$pion" "$@" >stdout 2>stderr
  status=$?
}

# good <arguments>: done, something printed that fits a page of 100 columns (but for the path of the
# data, which may be long), and not a word on standard error.
good() {
  run "$@"
  local holds=$((status == 0))
  [[ -s stdout && ! -s stderr ]] || holds=0
  (($(sed "s|$data/||g" stdout | wc -L) <= 100)) || holds=0
  result $holds "pion $*" "status $status: $(cat stderr) $(awk 'length > 100' stdout)"
}

# json <arguments>: as good, and one line that is one JSON object. The tool's own parser of chains
# judges that: what is no object it calls so, what is one it takes, or misses "steps" in, or does not
# know the steps of.
json() {
  run "$@" --json
  local holds=$((status == 0)) why
  [[ $(wc -l <stdout) == 1 && ! -s stderr ]] || holds=0
  why=$("$pion" shape @stdout 2>&1 >chain_or_not)
  [[ -s chain_or_not || $why == *'has no "steps"'* || $why == *'step 1 is not'* ]] || holds=0
  result $holds "pion $* --json" "status $status: $(cat stderr) $(head -c 200 stdout)"
}

# has <text...>: each stands in what the last run printed.
has() {
  local text
  for text in "$@"; do
    grep -qF -e "$text" stdout
    result $((!$?)) "the output has $text" "$(head -c 600 stdout)"
  done
}

# bad <text in the message> <arguments>: exit status 2, one line on standard error that has the text,
# nothing on standard output, nothing left in the folder for output.
bad() {
  local text=$1 holds=1
  shift
  run "$@"
  ((status == 2)) || holds=0
  [[ ! -s stdout && $(wc -l <stderr) == 1 && $(cat stderr) == "pion: "*"$text"* ]] || holds=0
  [[ -z $(ls -A out) ]] || holds=0
  result $holds "pion $* is refused with: $text" "status $status: $(cat stderr) $(ls -A out)"
}

# warned <text in the warning> <arguments>: done, and one line on standard error that has the text.
# `inspect` tells by exit status 1 of a tensor that it could not measure (partly).
warned() { warned_with 0 "$@"; }
partly() { warned_with 1 "$@"; }
warned_with() {
  local wanted=$1 text=$2
  shift 2
  run "$@"
  local holds=$((status == wanted))
  [[ -s stdout && $(wc -l <stderr) == 1 && $(cat stderr) == "pion: warning: "*"$text"* ]] || holds=0
  (($(sed "s|$data/||g" stdout | wc -L) <= 100)) || [[ $* == *--json* ]] || holds=0
  result $holds "pion $* warns: $text" "status $status: $(cat stderr)"
}

# same <file> <file> <what>
same() {
  cmp -s "$1" "$2"
  result $((!$?)) "$3"
}

# no <text in the message> <arguments>: the answer is "no", exit status 1, and why in one line.
no() {
  local text=$1
  shift
  run "$@"
  local holds=$((status == 1))
  [[ $(wc -l <stderr) == 1 && $(cat stderr) == "pion: "*"$text"* ]] || holds=0
  result $holds "pion $* answers no: $text" "status $status: $(cat stderr)"
}

# npy <file> <descr> <shape> <values as printf escapes>
npy() {
  local header="{'descr': '$2', 'fortran_order': False, 'shape': ($3), }"
  {
    printf '\x93NUMPY\x01\x00'
    printf "\\x$(printf %02x ${#header})\\x00%s" "$header"
    printf '%b' "$4"
  } >"$1"
}

# safetensors <file> <header> <values as printf escapes>; a header of less than 256 bytes
safetensors() {
  {
    printf "\\x$(printf %02x ${#2})\\x00\\x00\\x00\\x00\\x00\\x00\\x00%s" "$2"
    printf '%b' "$3"
  } >"$1"
}
