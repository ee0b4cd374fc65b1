#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs `pion step` from the outside: what it prints, what it refuses, and that no file is ever there
# by halves. (Its numbers: tests/tool/jobs/step_file.cpp.)
#   step.sh <path of the tool> <folder of the example data>
set -uo pipefail

if [[ $# != 2 || ! -x $1 || ! -d $2 ]]; then
  echo "usage: $0 TOOL DATA_FOLDER" >&2
  exit 2
fi
pion=$(realpath "$1")
data=$(realpath "$2")
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/checks.sh"

zero='\x00\x00\x00\x00'
one='\x00\x00\x80\x3f'
not_a_number='\x00\x00\xc0\x7f'
npy w.npy '<f4' '2, 2' "$zero$one$one$zero"
npy g.npy '<f4' '2, 2' "$one$zero$zero$one"
npy wide.npy '<f4' '1, 4' "$one$zero$zero$one"
npy nan.npy '<f4' '2, 2' "$one$not_a_number$zero$one"

# The list.
good step --list
has 'normuon: rate 0.02, --exact' 'chain=muon, momentum=0.95, nesterov=1, beta2=0.95, eps=1e-10' \
  'state: momentum m x n, row_moment m x 1' 'specmuon: no published rate, needs --loss' \
  'left_gram m x m, right_gram n x n' 'basis min x min' 'momentum mn x 1 bytes, scales mn/2048 x 1'
json step --list
has '"name":"adago"' '"most":1.0' '"state":["momentum m x n","sum_of_squares 1 x 1"]'

# A step. SGD without momentum takes the gradient itself.
json step sgd:momentum=0 w.npy g.npy -o stepped.npy --rate 1
has '"recipe":"sgd:momentum=0,nesterov=0,weight_decay=0,in_out=0"' '"outcome":"taken"' \
  '"direction_norm":1.41' '"dead":false' '"state_bytes":16' '"output":"stepped.npy"'
[[ $(od -An -t f4 -j $(($(stat -c %s stepped.npy) - 16)) stepped.npy | tr -s ' ') == ' -1 1 1 -1' ]]
result $((!$?)) 'sgd subtracts the gradient' "$(od -An -t f4 -j 128 stepped.npy)"
good step normuon w.npy g.npy g.npy -o stepped.safetensors --save-state state.safetensors
has 'normuon:chain=muon,' 'its state takes 24 bytes'
good step normuon w.npy g.npy -o again.safetensors --state state.safetensors --decay 0.5 --rate 0.1
warned_with 1 'nan.npy: the step is refused, gradient_not_finite' step sgd w.npy nan.npy g.npy \
  -o stepped.npy
has '2     taken'
good step specmuon w.npy g.npy g.npy -o stepped.npy --rate 0.1 --loss 2 1
good step moonlight w.npy g.npy -o stepped.npy --exact --rate 1

# What is refused, by name.
bad 'recipe "none": is not known; there are muon, muon_jordan,' step none w.npy g.npy -o out/x.npy
bad 'has no option "k"; there are beta1, beta2, eps, weight_decay, in_out' \
  step adamw:k=1 w.npy g.npy -o out/x.npy
bad 'chain "none"' step muon:chain=none w.npy g.npy -o out/x.npy --rate 1
bad 'WEIGHT: is required' step muon -o out/x.npy
bad 'GRADIENT: is required' step muon w.npy -o out/x.npy
bad '--output: is required' step muon w.npy g.npy
bad 'recipe swan has no published rate; give one' step swan w.npy g.npy -o out/x.npy
bad '--rate: "-1"' step muon w.npy g.npy -o out/x.npy --rate=-1
bad 'that none is exact' step adamw w.npy g.npy -o out/x.npy --exact
bad 'weight_decay is given by an option too' step adamw:weight_decay=1 w.npy g.npy -o out/x.npy \
  --decay 1
bad '1 losses for 2 gradients' step specmuon w.npy g.npy g.npy -o out/x.npy --rate 1 --loss 1
bad 'recipe adamw takes no loss' step adamw w.npy g.npy -o out/x.npy --loss 1
bad '--loss: "-1"' step specmuon w.npy g.npy -o out/x.npy --rate 1 --loss=-1
bad 'wide.npy: step: the gradient is 1x4 and the parameter is 2x2' \
  step sgd w.npy wide.npy -o out/x.npy --save-state out/s.safetensors
bad 'unknown extension' step sgd w.npy g.npy -o out/x.txt
bad 'state.safetensors: is a state of normuon:' step muon_jordan w.npy g.npy -o out/x.npy \
  --state state.safetensors
bad 'w.npy' step sgd w.npy g.npy -o out/x.npy --state w.npy
for output in w.npy g.npy ./g.npy; do
  bad 'would be overwritten' step sgd w.npy g.npy -o $output
done
bad 'would be overwritten' step normuon w.npy g.npy -o out/x.npy --state state.safetensors \
  --save-state state.safetensors
bad 'is the file of --output' step sgd w.npy g.npy -o out/x.safetensors \
  --save-state out/x.safetensors
bad 'standard output carries the report' step sgd w.npy g.npy -o /dev/stdout

# kill -9 at 40 moments: the old file or the new one, whole. Of a matrix of zeros, whose states
# differ in what the metadata says.
npy large.npy '<f4' '512, 512' ''
head -c $((4 * 512 * 512)) /dev/zero >>large.npy
cp large.npy flat.npy
begin=$(date +%s%N)
"$pion" step adamw large.npy flat.npy -o new.npy --save-state new.safetensors >stdout
took=$((($(date +%s%N) - begin) / 1000)) # microseconds
"$pion" step adamw large.npy flat.npy flat.npy -o old.npy --save-state old.safetensors >stdout
! cmp -s old.safetensors new.safetensors
result $((!$?)) 'the states differ'
mkdir killed
whole=1
for ((moment = 0; moment < 40; ++moment)); do
  cp old.safetensors killed/state.safetensors
  "$pion" step adamw large.npy flat.npy -o killed/w.npy --save-state killed/state.safetensors \
    >stdout 2>stderr &
  sleep "$(printf '0.%06d' $((RANDOM * took / 32767 % 1000000)))"
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
  cmp -s killed/state.safetensors old.safetensors || cmp -s killed/state.safetensors new.safetensors ||
    whole=0
  [[ ! -e killed/w.npy ]] || cmp -s killed/w.npy new.npy || whole=0
  # Where the weight is there, its state is.
  [[ ! -e killed/w.npy ]] || cmp -s killed/state.safetensors new.safetensors || whole=0
  rm -f killed/w.npy
done
result $whole 'a run that is killed leaves the old file or the new one'

# unchanged <why> <folder>: what was there is as it was, there is nothing new, one line says so.
unchanged() {
  run step adamw large.npy flat.npy -o new2.npy --save-state "$2/state.safetensors"
  ((status == 2)) && [[ $(wc -l <stderr) == 1 && ! -e new2.npy ]] &&
    cmp -s "$2/state.safetensors" old.safetensors && [[ $(ls -A "$2") == state.safetensors ]]
  result $((!$?)) "$1" "status $status: $(cat stderr) $(ls -A "$2")"
}
mkdir limited
cp old.safetensors limited/state.safetensors
(
  failed=0
  ulimit -f 64
  unchanged 'a file that may not grow is refused' limited
  exit $failed
)
result $((!$?)) 'a file that may not grow is refused'
mkdir disk
if mount -t tmpfs -o size=3m tmpfs disk 2>/dev/null; then
  trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
  cp old.safetensors disk/state.safetensors
  unchanged 'a full disk is refused' disk
  mount -o remount,ro disk 2>/dev/null && unchanged 'a read-only disk is refused' disk
  umount disk
elif [[ $(id -u) != 0 ]]; then
  cp old.safetensors disk/state.safetensors
  chmod a-w disk
  unchanged 'a read-only folder is refused' disk
  chmod u+w disk
fi

printf '%d passed, %d failed\n' $passed $failed
((failed == 0))
