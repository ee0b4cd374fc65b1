#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the built tool through every verb and every kind of bad input.
#   cli.sh <path of the tool> <folder of the example data>
set -uo pipefail

if [[ $# != 2 || ! -x $1 || ! -d $2 ]]; then
  echo "usage: $0 TOOL DATA_FOLDER" >&2
  exit 2
fi
pion=$(realpath "$1")
data=$(realpath "$2")
corpus=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../fuzz/corpus")
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/checks.sh"

zero='\x00\x00\x00\x00'
one='\x00\x00\x80\x3f'
three='\x00\x00\x40\x40'
not_a_number='\x00\x00\xc0\x7f'
infinite='\x00\x00\x80\x7f'
tiny_one='\x00\x00\x00\x00\x00\x00\x70\x01'
tiny_three='\x00\x00\x00\x00\x00\x00\x88\x01'
huge_one='\x00\x00\x00\x00\x00\x00\x30\x78'
huge_three='\x00\x00\x00\x00\x00\x00\x48\x78'

npy diagonal.npy '<f4' '2, 2' "$three$zero$zero$zero"
npy ones.npy '<f4' '2, 2' "$one$zero$zero$one"
npy flat.npy '<f4' '4, 4' "$(for i in 0 1 2 3; do
  for j in 0 1 2 3; do ((i == j)) && printf %s "$one" || printf %s "$zero"; done
done)"
npy zero.npy '<f4' '2, 2' "$zero$zero$zero$zero"
npy empty.npy '<f4' '0, 3' ''
npy vector.npy '<f4' '3,' "$one$one$one"
npy nan.npy '<f4' '2, 2' "$one$not_a_number$zero$one"
npy infinite.npy '<f4' '2, 2' "$one$one$infinite$one"
npy integers.npy '<i4' '2, 2' "$one$one$one$one"
npy truncated.npy '<f4' '2, 2' "$one"
npy small.npy '<f8' '2, 2' "$tiny_three$zero$zero$zero$zero$tiny_one" # 2^-1000 diag(3, 1)
npy large.npy '<f8' '2, 2' "$huge_three$zero$zero$zero$zero$huge_one" # 2^900 diag(3, 1)
npy plain.npy '<f4' '2, 2' "$three$zero$zero$one"
npy subnormal.npy '<f4' '2, 2' "\x03\x00\x00\x00$zero$zero\x01\x00\x00\x00" # 2^-149 diag(3, 1)
npy complex64.npy '<c8' '1, 1' "$one$one"
safetensors mixed.safetensors \
  '{"__metadata__":{"step":"7"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},"embed":{"dtype":"BF16","shape":[1,2],"data_offsets":[24,28]}}' \
  "$three$zero$zero$one$one$one$one"
safetensors counted.safetensors \
  '{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"step":{"dtype":"I64","shape":[],"data_offsets":[16,24]},"mask":{"dtype":"BOOL","shape":[2,2],"data_offsets":[24,28]}}' \
  "$three$zero$zero${one}12345678abcd"
safetensors count.safetensors '{"n":{"dtype":"I8","shape":[1,1],"data_offsets":[0,1]}}' 1
safetensors bias.safetensors '{"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' "$one$one"
safetensors two.safetensors \
  '{"a.0":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a.1":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"b":{"dtype":"F32","shape":[],"data_offsets":[16,20]}}' \
  "$one$zero$three$zero$one"
safetensors nan.safetensors \
  '{"layer.2":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"layer.3":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}' \
  "$one$one$one$not_a_number"
safetensors key.safetensors '{"k_proj":{"dtype":"F32","shape":[4,1],"data_offsets":[0,16]}}' \
  "$one$one$three$one"
safetensors large_half.safetensors '{"w":{"dtype":"F16","shape":[1,1],"data_offsets":[0,2]}}' '\x00\x78'
safetensors names.safetensors \
  '{"a\u001b[2J\nb":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}' "$one"
printf '{"name": "mine", "steps": [[1.5, -0.5, 0]]}' >mine.json
printf '{"name": "%0300d", "steps": [[1.5, -0.5, 0]]}' 0 >long.json
printf '{"name": "wild", "steps": [[1e200, 1e200, 1e200], [1e200, 1, 1]]}' >wild.json
fold='[5, -20, 16]' # Chebyshev's, which lays [-1, 1] over itself five times
printf '{"steps": [%s, %s, %s, %s, %s, %s, %s, %s]}' "$fold"{,}{,}{,} >chaos.json
printf '[1, 2' >broken.json
printf 'text\n' >text.txt
mkdir folder.npy
ln -s /dev/null device.npy

sft=$data/sft_momentum.safetensors
grpo=$data/grpo_momentum.safetensors
action=$data/action_momentum.safetensors
samples=$data/snr_microbatches.safetensors
q=blocks.0.q_proj.weight

# The tool itself.
good --version
has 'kernels for'
PION_INSTRUCTION_SET=baseline good --version
has baseline
PION_INSTRUCTION_SET=fastest bad "PION_INSTRUCTION_SET is 'fastest'; this library has" --version
good --help
has shape inspect apply snr compare
for verb in shape inspect apply snr compare; do good $verb --help; done
bad 'a verb is needed: shape, inspect, apply, snr, compare'
bad '"fly": no verb' fly
bad '"fly": no verb' fly --json
bad --bogus shape muon --bogus
bad extra shape muon extra
bad '--two\x0alines' shape muon $'--two\nlines'
bad 'CHAIN is required' shape

# shape
good shape highpass:kp=2
has 'cutoff           0.295733' 'monotone         yes' '71'
good shape muon
has 'monotone         no' '1.20237'
json shape highpass:kp=2
has '"name":"highpass:kp=2"' '"steps":[[1.875,-1.25,0.375],[1.875,-1.25,0.375],[0.0,2.5,-1.5]' \
  '"range":[0.0,1.0]' '"monotone":true' '"monotone_verdict":"yes"' '"max_survivors":71,' '"certified":true' \
  '"sigma_at_gain":{"0.01":0.187' '"0.99":0.351' '"cutoff":0.2957' '"normalizer":"frobenius"' \
  '"fixed_points":[0.2391' ',1.0],"sigma' '"max_survivors_at_gain":{"0.01":28' '"lipschitz":11.485' \
  '"basin_of_one":[0.2' '"sensitivity":19.' '"failures":[]' \
  '"rounding":{"float32":0.0,"bfloat16":0.0,"decimals3":0.0}'
json shape --stored
has '{"chains":[{"name":"muon","lipschitz":484.8' '{"name":"lowpass:tau=0.9"' '{"name":"cans"' \
  '"bfloat16_arithmetic":'
good shape --stored
has 'highpass:kp=5' 'you-jiacheng'
json shape muon:steps=3 --normalizer spectral
has '"monotone":false' '"monotone_verdict":"no"' '"max_survivors":null' '"cutoff":null'
json shape highpass:kp=2 --gain 0.01
has '"max_survivors":28,'
# Three steps that are level at 1, exactly; one that lifts 1 by 2^-54, which the next one turns.
echo '{"steps":[[1.75,-1,0.25],[1,0.5,-0.5],[0.25,2,-1.25]]}' >level.json
echo '{"steps":[[0.1,0.1,0.8],[0,2.5,-1.5]]}' >hair.json
good shape @level.json
has 'monotone         yes'
good shape @hair.json
has 'monotone         not decided' 'not every answer is decided'
json shape @hair.json
has '"monotone":null' '"monotone_verdict":"not decided"' '"certified":false'
no 'not decided whether it is monotone' shape @hair.json --require monotone
no 'not decided whether its range is within [0, 1]: to rounding it is [0, 1.0' shape @hair.json --require range=0,1
json shape @mine.json
has '"name":"mine"' '"steps":[[1.5,-0.5,0.0]]'
good shape highpass:kp=1 --svg shape.svg --csv shape.csv
[[ $(grep -c '</svg>' shape.svg) == 1 ]]
result $((!$?)) 'shape.svg is a whole picture'
[[ $(grep -oE '>(after step [1-4]|f, after step 5|cutoff 0.5230)</text>' shape.svg | wc -l) == 6 ]]
result $((!$?)) 'shape.svg has the iterates, step by step, and the cutoff'
[[ $(grep -c '^0.5,0.79' shape.csv) == 1 ]]
result $((!$?)) 'shape.csv has a line for 0.5'
[[ $(head -1 shape.csv) == sigma,f1,f2,f3,f4,f5 ]]
result $((!$?)) 'shape.csv begins with its titles'
good shape highpass:kp=2 --require monotone --require range=0,1
no 'not monotone' shape muon --require monotone
no 'is not within [0, 1]' shape muon --require range=0,1
no 'not monotone' shape muon --require monotone --json
bad '"monotonic" is not known' shape muon --require monotonic
bad '--require range: "x"' shape muon --require range=0,x
bad 'unknown; there are muon' shape newton
bad 'unknown key "kq"; there are kp, steps' shape highpass:kq=2
bad 'kp is missing' shape highpass
bad '"two" is not a whole number from 0 to 64' shape highpass:kp=two
bad '"2.0" is not a whole number' shape highpass:kp=2.0
bad '6 promotion steps do not fit in 5' shape highpass:kp=6
bad 'turns more than' shape @chaos.json
bad 'overflow' shape @wild.json
bad 'none.json: cannot open' shape @none.json
bad 'is a directory' shape @out
bad '--normalizer: "euclid" is not known; there are frobenius, schatten4, spectral, aol, none' \
  shape muon --normalizer euclid
for number in 0 -1 nan inf 2 1e-6x ''; do bad "--gain: \"$number\"" shape muon --gain "$number"; done
bad 'cannot write: the directory none does not exist' shape muon --svg none/x.svg
bad 'is a directory' shape muon --csv out
bad '--csv: "./out/x" is the file of --svg' shape muon --svg out/x --csv ./out/x
good shape @long.json --svg long.svg
[[ $(grep -o '<text[^<]*step by step' long.svg | wc -m) -le 200 ]]
result $((!$?)) 'a long name fits the picture'
bad 'no verb' $'two\nlines'
bad 'unknown; there are' shape $'two\nlines'

# inspect
good inspect "$sft" --heads 8 --svg inspect.svg
has '61.6' '0.492' 'Muon' '8 ±33%'
[[ $(grep -c '<polyline' inspect.svg) == 2 ]]
result $((!$?)) 'inspect.svg has two spectra'
[[ $(grep -oE '>kp=[0-4]</text>' inspect.svg | sort -u | wc -l) == 5 ]]
result $((!$?)) 'inspect.svg has the cutoff of each filter'
good inspect "$grpo" "$action" --svg both.svg
has "$grpo" "$action"
json inspect "$grpo" --heads 8
has '"erank":24.7' '"sigma1_over_fro":0.71' '"survivors":[1,2,7,27,103]' '"suggestion":"Muon"' \
  '"kp":null,"per_head":false' '"shape":[256,256]' '"stable_rank":1.9' '"head_norms":['
json inspect "$action"
has '"suggestion":"Muon"' 'docs/evidence.md' '"head_norms":null'
json inspect mixed.safetensors
has '"name":"bias","shape":[2],"dtype":"F32","norm":null,"erank":null' '"suggestion":"AdamW"' \
  'its name has \"embed\": an embedding'
json inspect integers.npy
has '"erank":null' '"suggestion":null' 'are not measured'
json inspect subnormal.npy
has '"sigma1_over_fro":0.948'
json inspect zero.npy empty.npy
has '"erank":0.0' '"power_law_alpha":null' '"suggestion":null'
good inspect names.safetensors
has 'a\x1b[2J\x0ab'

# whole <page>: from its first tag to its last, without a request, and with its parts.
whole() {
  [[ $(head -c 15 "$1") == '<!DOCTYPE html>' && $(tail -1 "$1") == '</html>' ]] &&
    ! grep -qE 'https?:|src=|url\([^#]' "$1" && [[ $(grep -c '<section' "$1") == 6 ]]
  result $((!$?)) "$1 is a whole page" "$(head -c 100 "$1")"
}
good inspect "$sft" "$action" --heads 8 --html page.html --svg page.svg
whole page.html
[[ $(grep -c '<tr id="t' page.html) == 6 && $(grep -c '<g id="s' page.html) == 6 ]]
result $((!$?)) 'page.html has a row and a line for each matrix'
json inspect "$sft" "$action" --heads 8 --html again.html
same page.html again.html 'a page is the same to the last byte'
safetensors markup.safetensors \
  '{"<script>a</script>":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}' "$one"
good inspect markup.safetensors --html markup.html
whole markup.html
[[ $(grep -c '<script>' markup.html) == 1 ]]
result $((!$?)) 'a name is no script'
partly 'layer.3' inspect nan.safetensors --html page.html
whole page.html
grep -q 'class="problem">x(0, 1) is not a number (1)' page.html
result $((!$?)) 'page.html says what is wrong'
good inspect mixed.safetensors --skip bias --html page.html
grep -q '1 tensor of the file was left out' page.html && ! grep -q '>bias<' page.html
result $((!$?)) 'page.html says what was left out'
cp markup.safetensors input.safetensors
bad '--html: "./input.safetensors" is an input' inspect input.safetensors --html ./input.safetensors
same markup.safetensors input.safetensors 'a page does not overwrite an input'
bad '--html: "./out/x" is the file of --svg' inspect diagonal.npy --svg out/x --html ./out/x
bad '--html: standard output carries the report' inspect diagonal.npy --html /dev/stdout
bad 'cannot write: the directory none does not exist' inspect diagonal.npy --html none/x.html
bad 'nan.npy: tensor "nan"' inspect nan.npy --html out/x.html
(
  ulimit -f 4
  "$pion" inspect diagonal.npy --html out/x.html >stdout 2>stderr
)
[[ $? == 2 && $(wc -l <stderr) == 1 && -z $(ls -A out) ]]
result $((!$?)) 'a page without room is not there at all' "$(cat stderr)"
good inspect diagonal.npy --heads 2 --axis cols
has '2 ±100%'
json inspect diagonal.npy --heads 2 --axis cols # whose second head is zero
has '"suggestion":"AdamW"' 'no direction of 1 stands out of the noise in the weakest head'
# Within a tolerance: small matrices are exact; three directions in noise, 600 x 640, are sketched.
json inspect "$grpo" --within 0.02
perl -e '
  srand 1;
  my ($rows, $cols) = (600, 640);
  my $header = "{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: ($rows, $cols), }";
  print "\x93NUMPY\x01\x00", pack("v", 118), sprintf("%-117s\n", $header);
  my @right = map { [map { rand() - 0.5 } 1 .. $cols] } 1 .. 3;
  for (1 .. $rows) {
    my ($a, $b, $c) = map { rand() - 0.5 } 1 .. 3;
    print pack("f<*", map { $a * $right[0][$_] + $b * $right[1][$_] + $c * $right[2][$_] +
                            0.1 * (rand() - 0.5) } 0 .. $cols - 1);
  }' >standing.npy
json inspect standing.npy --within 0.05
interval=$(sed -E 's/.*"erank_interval":\[([^],]*),([^],]*)\].*/\1 \2/' stdout)
has '"probability":0.95' '"suggestion":null'
json inspect standing.npy
erank=$(sed -E 's/.*"erank":([^,]*),.*/\1/' stdout)
awk -v x="$erank" '{ exit !($1 <= x && x <= $2 && $2 - $1 <= 0.05 * ($1 + $2)) }' <<<"$interval"
result $((!$?)) "a sketch has the exact effective rank in it: $interval, $erank"
good inspect standing.npy --within 0.05 --html page.html
whole page.html
grep -qE '<td class="n">[0-9.]+ ±[0-9.]+</td>' page.html && ! grep -q 'kp = 2' page.html
result $((!$?)) 'page.html has the interval of a sketch, and no survivors'
bad '--within: "3" is not a number from 0.001 to 0.5' inspect "$sft" --within 3
bad 'o_proj.weight": 256 columns do not divide into 7 heads' inspect "$sft" --heads 7
bad '3 heads' inspect diagonal.npy --heads 3 --axis cols
good inspect key.safetensors --heads 4 --kv-heads 2
has '2 ±'
bad 'k_proj": 4 rows do not divide into 3 heads' inspect key.safetensors --heads 4 --kv-heads 3
bad '--axis requires --heads' inspect "$sft" --axis rows
bad '--axis: "diagonal" is not known; there are rows, cols' inspect "$sft" --heads 8 --axis diagonal
bad '--heads: "0" is not a whole number' inspect "$sft" --heads 0
bad 'nan.npy: tensor "nan": x(0, 1) is not a number' inspect nan.npy
bad 'infinite.npy: tensor "infinite": x(1, 0) is infinite' inspect infinite.npy
bad 'none.npy: cannot open' inspect none.npy
bad 'truncated' inspect truncated.npy
bad 'unknown extension ".txt"' inspect text.txt
bad 'folder.npy: is a folder without a .safetensors, .npy or .npz file' inspect folder.npy
bad 'FILE is required' inspect

# inspect, of a recorded run
run_head='{"format": "pion run", "version": 1, "step": 0, "every": 50, "gain": 1e-06}'
layer() { # layer <step> <name> <erank>: its record
  printf '{"step": %d, "layer": "%s", "shape": [4, 6], "of": "momentum", "erank": %s, ' "$@"
  printf '"s1": 0.5, "survivors": [0, 1, 2, 3, 4], "snr": 0.125, "micro_batches": 4}\n'
}
{ echo "$run_head"; layer 0 h.0.q 2.5; layer 0 h.1.q 3.5; layer 50 h.0.q '[1, 2]'; } >run.jsonl
good inspect run.jsonl
has 'effective rank' 'h.0.q' '1.5 ±0.5' 'SNR' 'kp = 4' 'at the steps 0 and 50'
json inspect run.jsonl
has '"every":50' '"resumed":[]' '"step":50,"layer":"h.0.q"' '"erank":[1.0,2.0]' '"snr":0.125'
good inspect run.jsonl --tensor '*.1.*' --html page.html
has 'h.1.q'
[[ $(grep -c '<g id="erank-' page.html) == 1 && $(grep -c '<figure id="chart-' page.html) == 8 ]]
result $((!$?)) 'page.html has a chart for each measure, with a line for each layer'
{ cat run.jsonl; printf '{"step": 5'; } >torn.jsonl
warned 'torn.jsonl: Line 5, the last, has no end and is left out' inspect torn.jsonl --html page.html
grep -q 'Line 5, the last, has no end' page.html
result $((!$?)) 'page.html says so too'
{ cat run.jsonl; echo "${run_head/: 0/: 50}"; layer 50 h.0.q 9; } >again.jsonl
warned 'went on from step 50 again: 1 record of before is replaced' inspect again.jsonl --json
{ cat run.jsonl; echo '{"step": 60, "layer": "a", "of": "gradient", "shape": [1, 1], "problem": "x(0, 0) is not a number"}'; } >part.jsonl
warned 'part.jsonl: layer "a", step 60: x(0, 0) is not a number' inspect part.jsonl
{ cat run.jsonl; echo 'no JSON'; } >bad.jsonl
bad 'bad.jsonl: line 5: it is not an object of JSON' inspect bad.jsonl --html out/x.html
bad 'run.jsonl: --tensor and --skip leave no layer' inspect run.jsonl --skip 'h*'
bad 'run.jsonl: a recorded run is looked at alone' inspect run.jsonl diagonal.npy
bad '--within: "run.jsonl" is a recorded run, not tensors' inspect run.jsonl --within 0.1
bad '--html: "./run.jsonl" is an input' inspect run.jsonl --html ./run.jsonl
bad 'none.jsonl: cannot open' inspect none.jsonl
echo "$run_head" >empty.jsonl
good inspect empty.jsonl --html page.html
has 'There are no records yet.'

# apply
json apply highpass:kp=0 diagonal.npy -o filtered.npy
has '"method":"' '"rank":2' '"output_norm":1.0' '"bound":null' '"seconds":' '"dead":false'
json apply highpass:kp=0 diagonal.npy -o filtered.npy --method svd
has '"method":"svd","rank":1,"survivors":1,"output_norm":1.0'
json apply highpass:kp=2 "$grpo" --tensor $q -o filtered.npy --tolerance 1e-3
has '"method":"lowrank"' '"rank":6'
for method in auto dense gram svd; do
  for normalizer in frobenius schatten4 spectral aol none; do
    good apply highpass:kp=2 ones.npy -o filtered.npy --method $method --normalizer $normalizer
  done
done
good apply highpass:kp=2 "$grpo" --tensor $q -o filtered.safetensors
has '1 filtered' '256x256'
good apply muon filtered.safetensors -o filtered.npy
good apply muon filtered.npy -o filtered.safetensors
has '1 filtered'
good apply highpass:kp=1 "$grpo" --heads 8 -o heads.safetensors
has '2 filtered'
json apply highpass:kp=1 "$grpo" --heads 8 --method svd -o heads.safetensors
has '"heads":8' '"method":"svd"' '"dead_heads":0'
good apply highpass:kp=0 diagonal.npy --heads 2 --axis rows --method svd -o heads.npy
json inspect heads.npy
grep -Eq '"norm":(1\.0|0\.99999).*"survivors":\[1,1,1,1,1\]' stdout
result $((!$?)) 'each head is filtered by itself' "$(cat stdout)"
json inspect heads.safetensors
has '"name":"blocks.0.q_proj.weight","shape":[256,256],"dtype":"F32"'
good apply muon mixed.safetensors -o mixed_out.safetensors
has '2 filtered, 1 copied unchanged (no matrix of floats)'
json apply muon mixed.safetensors -o mixed_out.safetensors
has '"copied":1' '"rank":null' '"name":"w"'
json inspect mixed_out.safetensors
has '"dtype":"BF16"'
grep -aq '{"__metadata__":{"step":"7"},"w":.*"bias":.*"embed":' mixed_out.safetensors
result $((!$?)) 'apply keeps the metadata and the order of the tensors'
safetensors single.safetensors \
  '{"__metadata__":{"step":"7"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}' \
  "$one$three$three$one"
json apply muon single.safetensors -o single_out.safetensors
grep -aq '{"__metadata__":{"step":"7"},"w":' single_out.safetensors
result $((!$?)) 'apply keeps the metadata of a single tensor'
[[ $(tail -c 12 mixed_out.safetensors | head -c 8 | od -An -tx1) == ' 00 00 80 3f 00 00 80 3f' ]]
result $((!$?)) 'apply copies what is no matrix'
good apply muon counted.safetensors -o counted_out.safetensors
has '1 filtered, 2 copied unchanged'
[[ $(tail -c 12 counted_out.safetensors) == 12345678abcd ]]
result $((!$?)) 'apply copies what are no floats'
grep -aq '"step":{[^}]*"dtype":"I64","shape":\[\]}.*"mask":{[^}]*"dtype":"BOOL","shape":\[2,2\]}' counted_out.safetensors
result $((!$?)) 'apply keeps the types of what it copies'
bad 'tensor "mask": values of type BOOL' apply muon counted.safetensors --tensor mask -o out/x.npy
bad 'tensor "n": values of type I8' apply muon count.safetensors -o out/x.safetensors
json apply muon zero.npy -o filtered.npy
has '"output_norm":0.0' '"dead":false'
json apply muon empty.npy -o filtered.npy
run apply highpass:kp=0 flat.npy -o filtered.npy
warned=$(grep -c 'warning: flat.npy: tensor "flat": the update is dead.*raise kp' stderr)
result $((status == 0 && warned == 1 && $(wc -l <stderr) == 1)) 'a dead update is warned of'
json apply highpass:kp=0 flat.npy -o filtered.npy
has '"dead":true'
run apply highpass:kp=0 flat.npy --heads 2 --axis rows -o filtered.npy
result $((status == 0 && $(wc -l <stderr) == 0)) 'heads of two directions are not dead'
cp ones.npy kept.npy
cp ones.npy out_kept.npy
run apply muon nan.npy -o out_kept.npy
result $((status == 2)) 'nan.npy is refused'
cmp -s kept.npy out_kept.npy
result $((!$?)) 'a refused input leaves the output that was there'
bad 'nan.npy: tensor "nan": x(0, 1) is not a number' apply muon nan.npy -o out/x.npy
bad 'large_half.safetensors: tensor "w": the result overflows' \
  apply @mine.json large_half.safetensors --normalizer none -o out/x.safetensors
bad 'vector.npy: tensor "vector": its shape [3] is not that of a matrix' \
  apply muon vector.npy -o out/x.npy
bad 'bias.safetensors: ' apply muon bias.safetensors -o out/x.safetensors
bad 'two.safetensors: holds no matrix of floats: tensor "a.0": its shape is [2]' apply muon two.safetensors -o out/x.safetensors
bad 'tensor "missing": not in this file, which holds "w", "bias", "embed"' \
  apply muon mixed.safetensors --tensor missing -o out/x.npy
bad 'holds 3 tensors, "w", "bias", "embed": name one by --tensor' apply muon mixed.safetensors -o out/x.npy
bad 'BF16' apply muon mixed.safetensors --tensor embed -o out/x.npy
bad 'integers' apply muon integers.npy -o out/x.npy
bad '256 rows do not divide into 7 heads' apply muon "$sft" --tensor $q --heads 7 -o out/x.npy
bad '256 rows do not divide into 7 heads' \
  apply muon "$sft" --tensor $q --heads 7 --method svd -o out/x.npy
bad '--method: "magic" is not known; there are auto, dense, gram' \
  apply muon ones.npy -o out/x.npy --method magic
bad '--tolerance: 0.001 cannot be certified' \
  apply muon ones.npy -o out/x.npy --normalizer spectral --tolerance 1e-3
bad 'lowrank filters whole matrices; leave out --heads' \
  apply highpass:kp=2 "$sft" --tensor $q --heads 8 --method lowrank -o out/x.npy
bad 'the low-rank method needs the Frobenius normaliser' \
  apply highpass:kp=2 ones.npy --method lowrank --normalizer spectral -o out/x.npy
# What is certified is the file: 16 bits round more than the bound of the result in 32.
npy half.npy '<f2' '2, 2' '\x00\x3c\x00\x42\x00\x00\x00\x3c'
bad '--tolerance: 1e-05 cannot be certified' \
  apply highpass:kp=2 half.npy -o out/x.npy --tolerance 1e-5
json apply highpass:kp=2 half.npy -o filtered.npy --tolerance 1e-2
npy zeros.npy '<f4' '2, 2' "$zero$zero$zero$zero"
json apply highpass:kp=2 zeros.npy -o filtered.npy --tolerance 1e-9
bad '--tolerance: "small"' apply muon ones.npy -o out/x.npy --tolerance small
bad '--tolerance: "-1"' apply muon ones.npy -o out/x.npy --tolerance -1
bad 'unknown extension ".txt"' apply muon ones.npy -o out/x.txt
bad 'cannot write: the directory out/none does not exist' apply muon ones.npy -o out/none/x.npy
good apply muon ones.npy -o device.npy
bad 'is a directory' apply muon ones.npy -o folder.npy
bad '--output is required' apply muon ones.npy
bad 'none.npy: cannot open' apply muon none.npy -o out/x.npy

# One bad tensor does not keep the others from being read.
partly 'nan.safetensors: tensor "layer.3": x(0, 1) is not a number' inspect nan.safetensors
has 'layer.3  -          x(0, 1) is not a number'
partly 'nan.safetensors: tensor "layer.3": x(0, 1)' inspect nan.safetensors --json
has '"name":"layer.2"' '"problem":"x(0, 1) is not a number"'
partly 'nan.npy: tensor "nan": x(0, 1)' inspect "$sft" nan.npy --json

# Only the tensors that are asked for are read.
good inspect nan.safetensors --tensor '*.2' --tensor 'no*'
good inspect nan.safetensors --skip 'lay*?3'
has 'layer.2'
good inspect nan.safetensors --tensor 'l?yer.*' --skip '**.3'
bad '--tensor and --skip leave no tensor' inspect nan.safetensors --tensor 'layer.' --tensor '?ayer'
bad '--tensor and --skip leave no tensor' inspect nan.safetensors --skip '*'
warned 'nan.safetensors: tensor "layer.3": x(0, 1)' apply muon nan.safetensors -o other.safetensors
has '1 filtered, 1 copied unchanged (cannot be filtered)'
tail -c 8 nan.safetensors >kept.bytes
tail -c 8 other.safetensors | cmp -s - kept.bytes
result $((!$?)) 'apply copies a matrix whose values are not finite'
safetensors unknown.safetensors \
  '{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"v":{"dtype":"F31","shape":[2],"data_offsets":[16,24]},"u":{"dtype":"F32","shape":[9],"data_offsets":[24,32]}}' \
  "$three$zero$zero${one}12345678abcdefgh"
partly 'tensor "v": unknown dtype "F31" (and 1 more such tensors)' inspect unknown.safetensors
has 'needs 36 bytes'
warned 'tensor "v": unknown dtype "F31"' apply muon unknown.safetensors -o other.safetensors --json
has '"copied":2,"skipped":[{"name":"v","reason":"unknown dtype \"F31\""}'
[[ $(tail -c 16 other.safetensors) == 12345678abcdefgh ]]
result $((!$?)) 'apply copies what it cannot read'
safetensors cut.safetensors \
  '{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"v":{"dtype":"F32","shape":[9],"data_offsets":[16,52]}}' \
  "$three$zero$zero$one$one"
partly 'tensor "v": truncated' inspect cut.safetensors
bad 'tensor "v": truncated' apply muon cut.safetensors -o out/x.safetensors
safetensors more.safetensors \
  '{"__metadata__":null,"w":{"dtype":"F32","shape":[2,2],"x":[{}],"data_offsets":[0,16]}}' \
  "$three$zero$zero$one"
for verb in 'inspect more.safetensors' 'apply muon more.safetensors -o other.safetensors' \
  'compare more.safetensors --repeats 1'; do
  # shellcheck disable=SC2086 # the arguments are words
  warned '"__metadata__" is null, which is not read (and 1 more like it)' $verb
done

# What belongs to a quantised weight is no matrix of the model.
safetensors fp8.safetensors \
  '{"w.weight":{"dtype":"F8_E4M3","shape":[4,4],"data_offsets":[0,16]},"w.weight_scale_inv":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]}}' \
  "0123456789abcdef$three"
good apply muon fp8.safetensors -o fp8_out.safetensors
has '1 filtered' 'in 8 bits before, in BF16 now: 1; tables of scales left out: 1'
bad 'tensor "w.weight_scale_inv": it belongs to the quantised weight "w.weight"' \
  apply muon fp8.safetensors --tensor w.weight_scale_inv -o out/x.npy
bad 'holds no matrix of floats: tensor "w.weight": its values are F8_E4M3' compare fp8.safetensors
good inspect fp8.safetensors
has 'w.weight_scale_inv  -          it belongs to the quantised weight "w.weight": not measured'
json inspect fp8.safetensors
has '"name":"w.weight_scale_inv","shape":[1,1],"dtype":"F32","norm":null'
safetensors f8.safetensors \
  '{"w":{"dtype":"F8_E5M2","shape":[2,2],"data_offsets":[0,4]},"w_scale":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}' \
  "\x3c\x00\x00\x40$three" # 3 diag(1, 2)
json inspect f8.safetensors
has '"dtype":"F8_E5M2","norm":6.708203' # 3 sqrt(5)
safetensors f8_table.safetensors \
  '{"w":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[0,1]},"w_scale":{"dtype":"F32","shape":[2,1],"data_offsets":[1,9]}}' \
  "\x38$three$one"
bad 'tensor "w_scale": scales of shape [2, 1] fit no weight of shape [1, 1]' \
  inspect f8_table.safetensors
safetensors gptq.safetensors \
  '{"m.qweight":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]},"m.scales":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12]},"n.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[12,28]}}' \
  "01234567abcd$three$zero$zero$one"
warned 'tensor "m.scales": it belongs to the quantised weight "m.qweight"' \
  apply muon gptq.safetensors -o other.safetensors
has '1 filtered, 1 copied unchanged (no matrix of floats), 1 (of quantised weights)'
[[ $(tail -c 28 other.safetensors | head -c 12) == 01234567abcd ]]
result $((!$?)) 'apply copies the scales of quantised weights'

# No output is an input, or another output.
cp ones.npy x.npy
cp x.npy x.kept
cp mine.json chain.json
ln -s x.npy x_link.npy
ln x.npy x_hard.npy
ln -s new.svg new_link.svg
input='is an input, the file of'
for path in x.npy ./x.npy out/../x.npy "$PWD/x.npy" x_link.npy x_hard.npy; do
  bad "--svg: \"$path\" $input FILE, and would be overwritten" inspect ones.npy x.npy --svg "$path"
  bad "--output: \"$path\" $input IN" apply muon x.npy -o "$path"
done
bad "--output: \"chain.json\" $input CHAIN" apply @./chain.json x.npy -o chain.json
bad "--svg: \"chain.json\" $input CHAIN" shape @chain.json --svg chain.json
bad "--csv: \"chain.json\" $input CHAIN" shape @chain.json --csv chain.json
bad "--svg: \"chain.json\" $input --beside" shape muon --beside @chain.json --svg chain.json
bad '--csv: "new_link.svg" is the file of --svg' shape muon --svg new.svg --csv new_link.svg
same x.npy x.kept 'an input stays as it was'
same chain.json mine.json 'a chain stays as it was'

# Pipes: a stream where one will do, and a clear line elsewhere.
"$pion" apply muon x.npy -o /dev/stdout >piped.npy 2>stderr
grep -q '1 filtered' stderr
result $((!$?)) 'the report makes room for a matrix on standard output'
"$pion" apply muon x.npy -o filtered.npy >stdout
same piped.npy filtered.npy 'a matrix on standard output is that of a file'
{ echo before && "$pion" apply muon x.npy -o /dev/stdout 2>stderr; } >>after.npy
[[ $(head -1 after.npy) == before && $(tail -c +8 after.npy | cmp - filtered.npy 2>&1) == '' ]]
result $((!$?)) 'what stands on standard output stays'
"$pion" apply muon x.npy -o /dev/stdout 2>stderr | cmp -s - filtered.npy
result $((!$?)) 'a matrix goes into a pipe'
{ echo before && "$pion" apply muon x.npy -o /dev/fd/3 >stdout 2>stderr; } 3>open.npy >&3
[[ $(head -1 open.npy) == before && $(tail -c +8 open.npy | cmp - filtered.npy 2>&1) == '' ]]
result $((!$?)) 'what stands in an open file stays'
bad '--json: standard output carries the matrix' apply muon x.npy -o /dev/stdout --json
bad '--svg: standard output carries the report' inspect x.npy --svg /dev/stdout
good shape @<(cat mine.json)
has 1.5
bad 'is a pipe; it must be a file' inspect <(cat x.npy)
bad 'is a pipe; it must be a file' apply muon <(cat x.npy) -o out/x.npy
bad 'is a pipe; it must be a file' snr <(cat x.npy)
bad 'is a pipe; it must be a file' compare <(cat x.npy)
good shape muon --beside @<(cat mine.json) --svg >(cat >drawn.svg) --csv >(cat >drawn.csv)
good inspect x.npy --svg >(cat >spectra.svg)
drawn() { grep -q '</svg>' drawn.svg && grep -q '</svg>' spectra.svg && grep -q '^1,' drawn.csv; }
for _ in {1..500}; do drawn && break || sleep 0.01; done
drawn
result $((!$?)) 'pictures and tables go into pipes'

# Files that another program named wrongly, and spellings that NumPy reads.
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >lfs.safetensors
bad 'lfs.safetensors: is a Git LFS pointer' inspect lfs.safetensors
npy long.npy '<f4' '2L, 2L' "$three$zero$zero$one"
good inspect long.npy
npy single.npy float32 '2, 2' "$three$zero$zero$one"
good inspect single.npy
npy brain.npy '<V2' '1, 2' "$one"
bad 'save them as float32' apply muon brain.npy -o out/x.npy
json inspect brain.npy --as bf16
has '"shape":[1,2],"dtype":"<V2","norm":1.0'
npy named_brain.npy bfloat16 '1, 2' "$one"
json inspect named_brain.npy
has '"norm":1.0'
bad '--as: "f16" is not known' inspect brain.npy --as f16

# Tensors of more than two dimensions, and models in shards.
safetensors stack.safetensors \
  '{"e":{"dtype":"F32","shape":[2,2,2],"data_offsets":[0,32]},"conv":{"dtype":"F32","shape":[1,2,1,1],"data_offsets":[32,40]},"b":{"dtype":"F32","shape":[2],"data_offsets":[40,48]}}' \
  "$one$zero$zero$one$three$zero$zero$three$one$one$one$one"
good inspect stack.safetensors
has 'e[0]' 'e[1]' '1x2 of 1x2x1x1' '1 dimension: not a matrix'
json inspect stack.safetensors
has '"name":"e[1]","shape":[2,2],"dtype":"F32","norm":4.24264' '"tensor":"e","stored_shape":[2,2,2]'
json inspect stack.safetensors --flatten e --stacked conv
has '"name":"e","shape":[2,4]' '"name":"conv[1]","shape":[1,1]'
mkdir model
cp key.safetensors model/a.safetensors
cp bias.safetensors model/b.safetensors
good inspect model
has 'k_proj' 'bias'
printf '{"weight_map":{"k_proj":"a.safetensors","bias":"b.safetensors"}}' >model/m.index.json
json inspect model/m.index.json
has '"file":"model/m.index.json","name":"k_proj"' '"name":"bias"'
json inspect model --tensor 'k*'
printf '{"weight_map":{"k_proj":"a.safetensors","bias":"c.safetensors"}}' >model/m.index.json
bad 'm.index.json: index: the shard "c.safetensors" is missing' inspect model
printf '{"weight_map":{"k_proj":"../key.safetensors"}}' >model/m.index.json
bad 'is no name of a file beside the index' inspect model
rm model/m.index.json
cp key.safetensors model/c.safetensors
bad 'model: tensor "k_proj" is in two shards, "a.safetensors" and "c.safetensors"' inspect model
ln -s loop.safetensors loop.safetensors
bad 'loop.safetensors: cannot open' inspect loop.safetensors

# The update between two checkpoints.
mkdir before after
cp ones.npy before/w.npy
npy after/w.npy '<f4' '2, 2' "$three$zero$zero$one"
json inspect after/w.npy # the eigenvalues 9 and 1: 1 + 2 / log(9)
has '"power_law_alpha":1.91023922662'
json inspect after/w.npy --minus before/w.npy
has '"norm":2.0,"erank":1.0'
json inspect after --minus before --heads 2 --axis rows
has '"head_norms":[2.0,0.0]' '"head_norm_variance_before":0.0,"head_norm_variance_after":1.0'
good inspect after --minus before --heads 2 --axis rows --html page.html
whole page.html
grep -q '<h1>after minus before</h1>' page.html && grep -q 'heads after' page.html
result $((!$?)) 'page.html says what was subtracted'
cp diagonal.npy after/v.npy
partly 'tensor "v": it is not in before' inspect after --minus before
cp vector.npy before/v.npy
partly 'tensor "v": it has shape [3] in before' inspect after --minus before

# route
good route "$grpo"
has 'Muon' 'bytes of state'
json route mixed.safetensors
has '"optimizer":"AdamW","tensors":2,"parameters":4,"state_bytes":32' \
  '"name":"w","shape":[2,2],"dtype":"F32","module":"language","optimizer":"Muon"'
json route key.safetensors --assignment rlvr --heads 4 --kv-heads 2
has '"optimizer":"Pion per key-value head"'
bad 'rlvr needs --heads' route key.safetensors --assignment rlvr
json route key.safetensors --assignment vla
json route fp8.safetensors
has '"optimizer":null'
json route stack.safetensors
has '"name":"e","shape":[2,2,2],"dtype":"F32","module":"language","optimizer":"Muon"' \
  '"name":"conv","shape":[1,2,1,1],"dtype":"F32","module":"language","optimizer":"AdamW"'
bad '"sgdd" is not known; there are muon, vla, rlvr, or a .json file' \
  route key.safetensors --assignment sgdd
printf '{"rules":[{"optimizer":"pion","kp":3,"names":["k*"]},{"optimizer":"sgd","except":["k*"]}]}' \
  >rules.json
json route key.safetensors --assignment rules.json
has '"optimizer":"Pion kp=3"'
printf '{"rules":[{"optimizer":"pion"},{"optimizer":"sgd"}]}' >rules.json
bad '--assignment: "k_proj" is claimed by Pion kp=2 and by SGD' \
  route key.safetensors --assignment rules.json
printf '{"rules":[{"optimizer":"muon","named":["k*"]}]}' >rules.json
bad 'rules.json: rule 1: "named" is not known' route key.safetensors --assignment rules.json

# More files than may be open, and more memory than there is.
for i in {1..60}; do cp ones.npy many_$i.npy; done
(
  ulimit -n 32
  "$pion" inspect many_*.npy >stdout 2>stderr
)
result $((!$?)) 'a file is open only while it is read' "$(cat stderr)"
if (ulimit -v 4000000 && "$pion" --version >/dev/null 2>&1); then # not with a sanitizer
  safetensors vast.safetensors \
    '{"vast":{"dtype":"F32","shape":[65536,65536],"data_offsets":[0,17179869184]}}' ''
  truncate -s $((17179869184 + $(stat -c %s vast.safetensors))) vast.safetensors
  (
    ulimit -v 4000000
    "$pion" inspect vast.safetensors >stdout 2>stderr
  )
  status=$?
  [[ $status == 2 && $(cat stderr) == *'tensor "vast": not enough memory: its 65536x65536 values want about 240519 MB' ]]
  result $((!$?)) 'memory that is missing is an error that says how much' "$(cat stderr)"
  rm vast.safetensors

  # 40,000 small tensors: 60 MB are enough; as one tree of JSON they took 240.
  awk 'BEGIN {
    for (i = 0; i < 40000; ++i)
      printf "%s\"layers.%d.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[%d,%d]}",
        i ? "," : "{", i, 8 * i, 8 * i + 8
    printf "}"
  }' >header
  size=$(stat -c %s header)
  {
    printf "$(printf '\\x%02x' $((size & 255)) $((size >> 8 & 255)) $((size >> 16)) 0 0 0 0 0)"
    cat header
    head -c 320000 /dev/zero
  } >small_tensors.safetensors
  (
    ulimit -v 160000
    OMP_NUM_THREADS=1 "$pion" inspect small_tensors.safetensors --json >stdout 2>stderr
  )
  result $((!$?)) 'many small tensors need little memory' "$(cat stderr)"
  has '"name":"layers.39999.weight"'
fi

# snr
good snr "$samples"
has '0.3072' '0.1023' 'sft' 'grpo'
json snr "$samples" --prefix sft
has '"snr":0.3072' '"count":16' '"signal":0.00039' '"noise":0.00129'
json snr "$samples" --prefix grpo
has '"snr":0.1022'
json snr "$samples"
has '{"prefix":null,"snr":null' '"groups":[{"prefix":"grpo","snr":0.1022'
good snr two.safetensors
has 'a           2       3      2  1.5000' '(none)      1       -      -       -'
bad 'no tensor'\''s name begins with "x"; it holds "grpo.00"' snr "$samples" --prefix x
bad 'one sample' snr two.safetensors --prefix b
bad 'one sample' snr "$action"
bad 'tensor "bias": its shape is [2], that of "w" is [2, 2]' snr mixed.safetensors --prefix ''
bad 'tensor "layer.3"' snr nan.safetensors --prefix layer
safetensors one_bad.safetensors \
  '{"a.0":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a.1":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"b.0":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"b.1":{"dtype":"F32","shape":[1],"data_offsets":[20,24]}}' \
  "$one$zero$three$zero$one$not_a_number"
partly 'one_bad.safetensors: tensor "b.1": a sample has an entry that is not finite, or a squared norm that overflows; the other groups are estimated' \
  snr one_bad.safetensors
has 'a          2' 'b          2       -      -       -'
bad 'none.safetensors: cannot open' snr none.safetensors

# fit
json fit lowpass --tau 0.35 --starts 8 -o fitted.json
has '"name":"lowpass:tau=0.35"' '"tau":0.35' '"loss":0.00' '"loss_float32":0.00' '"loss_bfloat16":0.0' \
  '"loss_rounded3":0.0' '"seed":1'
good shape @fitted.json
has 'lowpass:tau=0.35'
good apply @fitted.json ones.npy -o fitted.npy
good fit highpass --tau 0.13 --starts 4 --steps 4
json fit bandpass --tau 0.3 --upper 0.6 --starts 8
has '"upper":0.6'
json fit highpass --tau 0.1 --ripple 0.02 -o sharp.json
has '"measure":"ripple"' '"certified":true' '"ratio":1.10'
good shape @sharp.json
good fit highpass --tau 0.3 --steps 4 --monotone
has 'certified to rise'
json fit lowpass --tau 0.1 --solver lbfgsb # the paper's Alg. 4, which reports .00070
has '"loss":0.0006'
"$pion" fit lowpass --tau 0.45 --starts 30 --json >whole.json
"$pion" fit lowpass --tau 0.45 --starts 30 -o left.json >/dev/null &
until [[ -e left.json.partial || -e left.json ]]; do sleep 0.01; done
kill -KILL $! && wait $! 2>/dev/null
json fit lowpass --tau 0.45 --starts 30 -o left.json
cmp -s stdout whole.json && [[ ! -e left.json.partial ]]
result $((!$?)) 'a fit that was interrupted ends as one that was not'
echo '{"order":{},"trials":1,"best":[]}' >left.json.partial
bad 'another order' fit lowpass --tau 0.45 -o left.json
order='"order":{"name":"lowpass:tau=0.45","solver":"least-squares","steps":5,"seed":1,"starts":40}'
for state in '' '[]' '{"order":' "{$order}" "{$order,\"trials\":-1,\"best\":[]}" \
  "{$order,\"trials\":81,\"best\":[]}" "{$order,\"trials\":4294967298,\"best\":[]}" \
  "{$order,\"trials\":1e300,\"best\":[]}" "{$order,\"trials\":2.5,\"best\":[]}" \
  "{$order,\"trials\":2,\"best\":{}}" "{$order,\"trials\":2,\"best\":[{\"loss\":1}]}" \
  "{$order,\"trials\":2,\"best\":[{\"loss\":1,\"steps\":[[1,0,0]]}]}"; do
  printf %s "$state" >left.json.partial
  bad 'is not the state of a search' fit lowpass --tau 0.45 -o left.json
done
rm left.json.partial
bad 'is for highpass alone' fit lowpass --tau 0.5 --monotone
bad '--tau: 0.02 is not from 0.051' fit highpass --tau 0.02
bad 'KIND: "notch" is not known; there are lowpass, highpass, bandpass' fit notch --tau 0.5
bad '--tau: is required' fit lowpass
bad '--tau: "1"' fit lowpass --tau 1
bad 'a bandpass needs its upper cutoff too' fit bandpass --tau 0.5
bad 'must be more than 0.06 above' fit bandpass --tau 0.5 --upper 0.52
bad 'is for bandpass alone' fit lowpass --tau 0.5 --upper 0.6
bad 'cannot write' fit highpass --tau 0.5 --starts 2 --steps 2 -o none/x.json
[[ ! -e none ]]
result $((!$?)) 'a fit that cannot be written leaves nothing'
bad 'out: is a directory' fit highpass --tau 0.5 --starts 100000 --steps 6 -o out
bad 'out: is a directory' inspect x.npy --svg out
"$pion" fit highpass --tau 0.5 --starts 2 --steps 2 -o small.json >stdout
"$pion" fit highpass --tau 0.5 --starts 2 --steps 2 -o /dev/stdout 2>stderr >piped.json
same piped.json small.json 'a chain on standard output is that of a file'
grep -q sensitivity stderr && ! grep -q 'holds it' stderr
result $((!$?)) 'the report makes room for a chain on standard output' "$(cat stderr)"
"$pion" fit highpass --tau 0.5 --starts 2 --steps 2 -o /dev/stdout 2>stderr | cmp -s - small.json
result $((!$?)) 'a chain goes into a pipe'
mkfifo chain.pipe
timeout 60 cat chain.pipe >piped.json &
json fit highpass --tau 0.5 --starts 2 --steps 2 -o chain.pipe
wait $!
same piped.json small.json 'a chain goes into a named pipe'
bad '--json: standard output carries the chain' \
  fit highpass --tau 0.5 --starts 2 --steps 2 -o /dev/stdout --json

# Files that are damaged, and files that are not: what the fuzzers start from.
for format in npy npz safetensors; do
  for file in "$corpus/$format"/bad_*; do
    cp "$file" damaged.$format
    bad "damaged.$format: " inspect damaged.$format
    bad "damaged.$format: " apply muon damaged.$format -o out/x.safetensors
  done
  for file in "$corpus/$format"/valid_*; do
    cp "$file" sound.$format
    run inspect sound.$format
    # Some hold values that are not finite: only these may be refused, whole or in part.
    [[ $status == 0 || $status == 1 || $(cat stderr) == *' is not a number' || $(cat stderr) == *' is infinite' ]]
    result $((!$?)) "pion inspect ${file##*/}" "status $status: $(cat stderr)"
  done
done

# what a hostile reviewer tried
safetensors huge.safetensors \
  '{"w":{"dtype":"F32","shape":[1099511627776,0],"data_offsets":[0,0]},"v":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}' \
  "$one"
good apply muon huge.safetensors -o huge_out.safetensors
good inspect huge.safetensors
"$pion" apply muon ones.npy -o full.npy >/dev/full 2>stderr
result $(($? == 2)) 'a report that cannot be printed is an error' "$(cat stderr)"
bad 'chain "@": names no file' shape @
bad '--tensor: is empty' compare ones.npy --tensor ''
bad '--state: is empty' step muon ones.npy ones.npy -o out/w.npy --state ''
bad '--svg: is empty' inspect ones.npy --svg ''
bad 'cannot be parsed as JSON' shape @broken.json
bad '--heads: no tensor' apply muon ones.npy --heads 2 -o out/x.npy
for verb in '' shape inspect apply snr compare fit route step; do
  run $verb --help
  [[ $status == 0 && $(wc -L <stdout) -le 100 ]]
  result $((!$?)) "pion $verb --help fits the page" "$(awk 'length > 100' stdout)"
done

# the chains that have a name
for chain in lowpass:tau=0.5 lowpass:tau=0.25 sharp-highpass:tau=0.1 sharp-lowpass:tau=0.5 \
  rising-highpass:tau=0.13 polar-express polar-express:steps=5 you-jiacheng cans deepseek-v4 \
  cubic5 aol; do
  good shape $chain
  has 'certified'
done

# compare
good compare "$action" --repeats 1 --rank 4
has '2.weight, 256x256, the largest matrix of the file' 'LRMuon rank 4' 'Muon' 'Pion kp=2'
json compare "$action" --tensor 6.weight --repeats 2
has '"tensor":"6.weight"' '"rows":[{"name":"Muon, dense","method":"dense","seconds":' '"error":' \
  '"predicted_flops":' '"predicted_seconds":'
good compare zero.npy --repeats 1
grep -q nan stdout
result $? 'the error against a zero update is no number, and not shown as one'
json compare zero.npy --repeats 1
has '"error":null'
for file in plain small large; do
  json compare $file.npy --repeats 1
  grep -o '"error":[^,]*' stdout >$file.errors
done
[[ $(grep -c "[1-9]" plain.errors) -ge 6 ]] &&
  cmp -s plain.errors small.errors && cmp -s plain.errors large.errors
result $((!$?)) 'compare finds the same errors at every scale' "$(head -20 ./*.errors)"
bad 'holds no matrix of floats: tensor "a.0": its shape is [2]' compare two.safetensors
bad 'nan.npy: tensor "nan": ' compare nan.npy
bad 'tensor "missing": not in this file' compare "$action" --tensor missing
bad '--rank: "0"' compare "$action" --rank 0
bad '--repeats: "many"' compare "$action" --repeats many

# Standard output that takes nothing.
if [[ -c /dev/full ]]; then
  for words in 'shape muon' 'shape muon --require monotone' --help --man 'step --list' \
    "inspect $action"; do
    "$pion" $words >/dev/full 2>stderr
    result $(($? == 2 && $(grep -cx 'pion: standard output: No space left on device' stderr) == 1)) \
      "$words: a full standard output is an error"
  done
fi

# A file that may not grow as large as the result.
cp ones.npy out/there.npy
(
  ulimit -f 16
  "$pion" apply muon "$grpo" --tensor $q -o out/there.npy >stdout 2>stderr
)
result $(($? == 2 && $(wc -l <stderr) == 1)) 'an output without room is an error' "$(cat stderr)"
[[ $(ls -A out) == there.npy ]] && cmp -s ones.npy out/there.npy && [[ ! -s stdout ]]
result $((!$?)) 'an output without room stays as it was'
rm out/there.npy
(
  ulimit -f 16
  TMPDIR=$PWD/out "$pion" apply muon "$grpo" --tensor $q -o /dev/stdout 2>stderr | cat >stdout
)
[[ $(cat stderr) == "pion: $PWD/out: cannot keep the output for /dev/stdout here: File too large; "* ]]
result $((!$?)) 'a folder for temporary files without room is named' "$(cat stderr)"

printf '%d passed, %d failed\n' $passed $failed
((failed == 0))
