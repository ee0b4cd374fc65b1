#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the tool prints for shells and for man says what its --help says.
#   documents.sh <path of the tool>
set -euo pipefail
pion=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
  printf 'FAILED: %s\n' "$1"
  failed=1
}
for shell in bash zsh fish; do "$pion" --completion $shell >"$work/$shell"; done
"$pion" --man >"$work/pion.1"

# answers <line>: what bash offers at the end of it, in one line.
answers() {
  bash -c 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=(); _pion; echo "${COMPREPLY[*]}"' \
    _ "$work/bash" "$1"
}
# offers <line> <answer>: exactly this.
offers() {
  local found
  found=$(answers "$1")
  [[ $found == "$2" ]] || fail "'$1': '$found' instead of '$2'"
}

# Every verb and every option, as --help lists them.
verbs=$("$pion" --help | awk '/^Subcommands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
offers 'pion ' "$(echo $verbs)"
for verb in $verbs; do
  options=$("$pion" "$verb" --help |
    awk '/^Options:/ { on = 1; next } /^$/ { on = 0 } on { gsub(",", " ", $1); print $1 }')
  offers "pion $verb -" "$(echo $options)"
  grep -q "__fish_seen_subcommand_from $verb" "$work/fish" || fail "fish: $verb"
  in_zsh=$(sed -n "/^    $verb)\$/,/;;/p" "$work/zsh")
  in_man=$(awk -v verb="pion $verb" \
    '/^\.S[SH]/ { on = index($0, ".SS \\fB" verb) } on' "$work/pion.1")
  for option in $options; do
    [[ $in_zsh == *")$option["* || $in_zsh == *"*$option["* ]] || fail "zsh: $verb $option"
    grep -F "_from $verb'" "$work/fish" | grep -qE -- " -[ls] ${option##*-}( |$)" ||
      fail "fish: $verb $option"
    [[ $in_man == *"\fB${option//-/\\-}\fR"* ]] || fail "man: $verb $option"
  done
done

# Values, also behind the characters at which bash cuts a word, which it then replaces in part.
offers 'pion sh' shape
offers 'pion shape --normalizer s' 'schatten4 spectral'
offers 'pion shape pol' polar-express
offers 'pion shape highpass:' 'kp=0 kp=1 kp=2 kp=3 kp=4 kp=5'
offers 'pion shape --log lowpass:tau=0.1' '0.1'
offers 'pion fit --tau 0.5 h' highpass
offers 'pion apply --method gram mu' muon
offers 'pion apply muon ' ''   # files, by bash itself
offers 'pion shape --gain ' '' # numbers

# Shells and formatters that are here find nothing wrong.
bash -n "$work/bash"
if command -v zsh >/dev/null; then zsh -n "$work/zsh" || fail "zsh"; fi
if command -v fish >/dev/null; then
  fish --no-execute "$work/fish" || fail "fish"
  found=$(HOME=$work fish -c "source $work/fish; complete -C 'pion shape --normalizer sp'")
  [[ $found == spectral* ]] || fail "fish: '$found'"
fi
if command -v groff >/dev/null; then
  found=$(groff -ww -man -Tutf8 "$work/pion.1" 2>&1 >"$work/page")
  [[ -z $found ]] || fail "groff: $found"
fi
if "$pion" --completion tcsh 2>"$work/refusal"; then fail "--completion tcsh"; fi
grep -q 'there are bash, zsh, fish' "$work/refusal" || fail "$(cat "$work/refusal")"
exit $failed
