#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs `pion apply` on models in shards: what it writes and says, and that a folder is there whole or
# not at all. (Its numbers: tests/tool/jobs/apply_file.cpp.)
#   apply_model.sh <path of the tool>
set -uo pipefail

if [[ $# != 1 || ! -x $1 ]]; then
  echo "usage: $0 TOOL" >&2
  exit 2
fi
pion=$(realpath "$1")
data=.  # no example data
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/checks.sh"

zero='\x00\x00\x00\x00'
one='\x00\x00\x80\x3f'
three='\x00\x00\x40\x40'
index='{"metadata":{"total_size":44},"weight_map":{"q_proj.weight":"a.safetensors",'
index+='"norm":"a.safetensors","w_scale":"b.safetensors","w":"b.safetensors"}}'
shard='{"q_proj.weight":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]},'
shard+='"norm":{"dtype":"F32","shape":[1],"data_offsets":[32,36]}}'
mkdir model
safetensors model/a.safetensors "$shard" "$three$zero$zero$one$one$zero$zero$three$three"
safetensors model/b.safetensors \
  '{"w":{"dtype":"F8_E5M2","shape":[2,2],"data_offsets":[0,4]},"w_scale":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}' \
  "\x3c\x00\x00\x40$three" # 3 diag(1, 2)
printf '%s' "$index" >model/m.index.json
touch model/config.json

good apply muon model -o filtered
has '2 filtered, 1 copied unchanged (no matrix of floats)' \
  'in 8 bits before, in BF16 now: 1; tables of scales left out: 1'
[[ $(ls -A filtered | tr '\n' ' ') == 'a.safetensors b.safetensors m.index.json ' ]]
result $((!$?)) 'shards and index have their names' "$(ls -A filtered)"
grep -q '"total_size": 44' filtered/m.index.json && ! grep -q w_scale filtered/m.index.json
result $((!$?)) 'the index has no table, and the new size' "$(cat filtered/m.index.json)"
good inspect filtered
has 'w ' 'q_proj.weight'
json apply muon model/m.index.json -o again
has '"output":"again"' '"copied":1' '"left_out":["w_scale"]'
for file in a.safetensors b.safetensors m.index.json; do
  same again/$file filtered/$file "index and folder are one model: $file"
done
json apply muon model --heads 2 -o heads
has '"heads":2'
good apply muon model --tensor w -o w.safetensors
json inspect w.safetensors
has '"dtype":"BF16"'
good apply muon model/b.safetensors -o b.safetensors
has '1 filtered'
good apply muon filtered --tensor q_proj.weight -o q.npy

# A factor of LoRA is not cut, for an axis of it is the rank.
mkdir lora
safetensors lora/a.safetensors \
  '{"q_proj.lora_A.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"o_proj.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}' \
  "$three$zero$zero$one$three$zero$zero$one"
json apply muon lora --heads 2 --axis rows -o lora_out
has '"name":"o_proj.weight"' '"heads":2' '"name":"q_proj.lora_A.weight"' '"heads":null'
bad '--heads: every matrix is a factor of LoRA, which stays whole' \
  apply muon lora/a.safetensors --tensor q_proj.lora_A.weight --heads 2 --axis rows -o out/x.npy

# What is refused, in one line, and nothing is there.
kept=$(cat filtered/* | cksum)
bad 'filtered: is not empty; name a new folder, or an empty one' apply muon model -o filtered
bad 'model: is not empty' apply muon model -o model
bad 'config.json: is no folder' apply muon model -o model/config.json
bad 'cannot write: the directory' apply muon model -o out/none/x
bad 'tensor "none": not in this file' apply muon model --tensor none -o out/x.npy
bad 'b.safetensors" is an input' apply muon model --tensor w -o model/b.safetensors
bad 'cannot write: Not a directory' apply muon model -o /dev/null/x
cp -r model broken
printf '{"weight_map":{"w":"c.safetensors"}}' >broken/m.index.json
bad 'index: the shard "c.safetensors" is missing' apply muon broken -o out/x
printf '{"weight_map":{"w":"b.safetensors","w":"a.safetensors"}}' >broken/m.index.json
bad 'tensor "w" stands there twice' apply muon broken -o out/x
printf '{"weight_map":{"w":"b.safetensors","norm":"a.safetensors","q_proj.weight":"c.safetensors"}}' \
  >broken/m.index.json
cp broken/a.safetensors broken/c.safetensors
bad 'tensor "q_proj.weight" is in two shards, "a.safetensors" and "c.safetensors"' apply muon broken -o out/x
[[ $(cat filtered/* | cksum) == "$kept" ]]
result $((!$?)) 'a folder that is not empty stays as it was'

# A disk that is full in the middle: the first shard fits, the second does not.
mkdir large
cp model/a.safetensors large
{
  printf '\x48\x00\x00\x00\x00\x00\x00\x00%-72s' \
    '{"w":{"dtype":"F32","shape":[128,128],"data_offsets":[0,65536]}}'
  head -c 65536 /dev/zero
} >large/b.safetensors
good apply muon large -o large_out
(
  ulimit -f 16
  "$pion" apply muon large -o out/x >stdout 2>stderr
)
result $(($? == 2 && $(wc -l <stderr) == 1)) 'a folder without room is an error' "$(cat stderr)"
[[ -z $(ls -A out) && ! -s stdout ]]
result $((!$?)) 'a folder without room is not there' "$(ls -AR out)"

# A signal in the middle.
{
  printf '\x50\x00\x00\x00\x00\x00\x00\x00%-80s' \
    '{"w":{"dtype":"F32","shape":[2048,2048],"data_offsets":[0,16777216]}}'
  head -c 16777216 "$pion" | tr '\177-\377' '\0' # numbers, of a kind
  head -c 16777216 /dev/zero
} | head -c 16777304 >large/b.safetensors
"$pion" apply muon large -o out/x >stdout 2>stderr &
for ((i = 0; i < 200; ++i)); do
  compgen -G 'out/.x.pion-*.tmp/a.safetensors' >/dev/null && break
  sleep 0.02
done
kill -TERM $!
wait $!
result $(($? == 143)) 'a signal ends it' "$(cat stderr)"
[[ -z $(ls -A out) ]]
result $((!$?)) 'a signal leaves no folder' "$(ls -AR out)"

printf '%d passed, %d failed\n' $passed $failed
((failed == 0))
