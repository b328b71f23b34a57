#!/usr/bin/env bash
# Makes the detectors `default` and `fast` 1.5 from ImageNet weights: every run with its seed, every average of weights.
#
#     research/release/make-default.sh DATA WEIGHTS OUT [OPTION…]
#
# DATA is a folder with manifest.csv, WEIGHTS the folder of mobilenetv2_1.0_imagenet.npz, OUT gets a folder for each step;
# OPTIONs go to every `unmask train`. Steps are named as in docs/lab/README.md, where their histories and what led
# to them stand. They take about twelve hours of one core. A step that is done is not done again, and one that was
# interrupted goes on, so the same command resumes.
#
# The released file was made step by step while unmask grew: runs 1, 6 and 12 saw the boxes of earlier face finders. So what
# this makes is alike, not the same to the bit.
. "$(dirname "$0")/arguments.sh"
options=("$@")
rebuilt=$out/rebuilt

model() { echo "$out/$1/model.onnx"; }

# train NAME DATA KEY=VALUE…: the recipe `default` with these settings
train() {
    local name=$1 from=$2 arguments=() setting
    shift 2
    for setting in "$@"; do arguments+=(--set "$setting"); done
    [ "$from" = "$data" ] || arguments+=(--force) # a rebuilt picture is a near duplicate of its original
    [ -f "$(model "$name")" ] || unmask train "$from" --recipe default --output "$out/$name" --resume --threads 1 \
        --workers 0 "${arguments[@]}" "${options[@]}"
}

# goes_on NAME DATA FROM KEY=VALUE…: the same from another step's weights
goes_on() {
    local name=$1 from=$2 start=$3
    shift 3
    train "$name" "$from" "network.weights=$(model "$start")" "$@"
}

# average NAME STEP STEP [OPTION…]: the mean of two steps' weights
average() {
    local name=$1 one=$2 other=$3
    shift 3
    [ -f "$(model "$name")" ] || unmask ensemble "$(model "$one")" "$(model "$other")" --average 0.5,0.5 --data "$data" \
        --name "$name" --output "$out/$name" "$@"
}

# The earlier half: version 1.0, twice gone on from.
train 1 "$data" fakes.share=0 seed=7 fit.epochs=9 data.per_epoch=16000 schedule.warmup=400 \
    augmentation.pristine=0.65 augmentation.resize=0.4 augmentation.shift=0.08 augmentation.colour=0.2 \
    data.shares.faces140k=1.44 data.shares.openforensics=0.72 data.shares.dfdc=1.44 data.shares.portraits=0.4
goes_on 6 "$data" 1 fakes.share=0.35 fit.epochs=5 schedule.warmup=200 \
    data.shares.faces140k=1.3 data.shares.dfdc=1.4 data.shares.portraits=0.5
average 7 1 6
goes_on 12 "$data" 7 fit.epochs=5 schedule.warmup=200 \
    data.shares.faces140k=2.2 data.shares.dfdc=1.3 data.shares.portraits=0.6
average earlier 12 7

# The fresh half: a new start without portraits, then with all sources and fakes of three auto-encoders.
[ -f "$rebuilt/manifest.csv" ] || python -m research.autoencoder_fakes "$data" --out "$rebuilt" \
    --designs nearest bilinear transposed --train-on openforensics
train 21 "$data" data.per_epoch=12000 data.shares.portraits=0 data.shares.faces140k=1.2 data.shares.dfdc=1.3
goes_on 28 "$rebuilt" 21 seed=8 fakes.share=0.25 augmentation.pristine=0.4
further=(data.shares.dfdc=1.7 optimiser.learning_rate=2e-4)
goes_on C "$rebuilt" 28 seed=9 fakes.share=0.2 augmentation.pristine=0.4 schedule.warmup=200 fit.epochs=2 "${further[@]}"
goes_on D "$data" 28 seed=10 schedule.warmup=200 fit.epochs=2 "${further[@]}"
average fresh C D

# Both halves made robust: short runs from each, averaged with where they began; then two long ones from the fresh half.
short=(data.per_epoch=20000 fit.epochs=1 schedule.warmup=60 "${further[@]}")
goes_on 44 "$data" earlier seed=12 augmentation.harsh=0.15 "${short[@]}"
average earlier-robust earlier 44
goes_on 37 "$data" fresh seed=11 "${short[@]}"
goes_on 38 "$data" fresh seed=11 augmentation.harsh=0.15 "${short[@]}"
goes_on 39 "$data" fresh seed=11 loss.consistency=0.1 "${short[@]}"
average fresh-37 fresh 37
average 38-39 38 39
average 41 fresh-37 38-39
long=(data.per_epoch=20000 fit.epochs=5 schedule.warmup=120 optimiser.learning_rate=2.5e-4
    augmentation.harsh=0.15 augmentation.smooth=0.1 data.shares.dfdc=1.7)
goes_on 47 "$data" 41 seed=13 fakes.share=0.15 data.shares.faces140k=1.2 "${long[@]}"
goes_on 49 "$data" 47 seed=15 augmentation.harsh=0.15 augmentation.smooth=0.1 augmentation.pristine=0.35 \
    augmentation.jpeg=0.7 loss.consistency=0.1 "${short[@]}"
average fresh-robust 47 49
goes_on 54 "$data" fresh-robust seed=16 fakes.share=0.2 augmentation.pristine=0.4 augmentation.jpeg=0.6 \
    data.shares.faces140k=2.0 "${long[@]}"
average fresh-long fresh-robust 54 --quantize

unmask ensemble "$(model earlier-robust)" "$(model fresh-long)" --mirror --bits 16 --name default --data "$data" \
    --output "$out/default"
echo "made $(model default), and fast: $out/fresh-long/model-int8.onnx"
