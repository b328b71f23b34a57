#!/usr/bin/env bash
# Trains the detectors `default` and `fast` 1.5 from ImageNet weights: each run with its seed, each average of weights.
#
#     research/release/make-default.sh DATA WEIGHTS OUT [OPTION…]
#
# DATA is a folder with manifest.csv, WEIGHTS the folder of mobilenetv2_1.0_imagenet.npz. OUT receives a folder for each step.
# OPTIONs are passed to every `unmask train`. Steps have the numbers of the experiments in docs/lab/README.md, which describe
# them. They take about twelve hours on one core. The script skips finished steps and resumes an interrupted one, so the same
# command continues after an interruption.
#
# The released file was made with several versions of unmask: runs 1, 6 and 12 used the boxes of earlier face detectors. The
# result of this script is therefore similar to it, but not bit-identical.
. "$(dirname "$0")/arguments.sh"
options=("$@")
reconstructed=$out/reconstructed

model() { echo "$out/$1/model.onnx"; }

# train NAME DATA KEY=VALUE…: the recipe `default` with these settings
train() {
    local name=$1 from=$2 arguments=() setting
    shift 2
    for setting in "$@"; do arguments+=(--set "$setting"); done
    [ "$from" = "$data" ] || arguments+=(--force) # a reconstruction is a near duplicate of its original
    [ -f "$(model "$name")" ] || unmask train "$from" --recipe default --output "$out/$name" --resume --threads 1 \
        --workers 0 "${arguments[@]}" "${options[@]}"
}

# fine_tune NAME DATA FROM KEY=VALUE…: the same, from the weights of another step
fine_tune() {
    local name=$1 from=$2 start=$3
    shift 3
    train "$name" "$from" "network.weights=$(model "$start")" "$@"
}

# average NAME STEP STEP [OPTION…]: the mean of the weights of two steps
average() {
    local name=$1 one=$2 other=$3
    shift 3
    [ -f "$(model "$name")" ] || unmask ensemble "$(model "$one")" "$(model "$other")" --average 0.5,0.5 --data "$data" \
        --name "$name" --output "$out/$name" "$@"
}

# First network: version 1.0, fine-tuned twice.
train 1 "$data" pseudo_fakes.share=0 seed=7 fit.epochs=9 data.per_epoch=16000 schedule.warmup=400 \
    augmentation.undegraded=0.65 augmentation.resize=0.4 augmentation.shift=0.08 augmentation.color=0.2 \
    data.shares.faces140k=1.44 data.shares.openforensics=0.72 data.shares.dfdc=1.44 data.shares.portraits=0.4
fine_tune 6 "$data" 1 pseudo_fakes.share=0.35 fit.epochs=5 schedule.warmup=200 \
    data.shares.faces140k=1.3 data.shares.dfdc=1.4 data.shares.portraits=0.5
average 7 1 6
fine_tune 12 "$data" 7 fit.epochs=5 schedule.warmup=200 \
    data.shares.faces140k=2.2 data.shares.dfdc=1.3 data.shares.portraits=0.6
average earlier 12 7

# Second network: from ImageNet weights without portraits, then with all sources and the fakes of three autoencoders.
[ -f "$reconstructed/manifest.csv" ] || python -m research.autoencoder_fakes "$data" --out "$reconstructed" \
    --designs nearest bilinear transposed --train-on openforensics
train 21 "$data" data.per_epoch=12000 data.shares.portraits=0 data.shares.faces140k=1.2 data.shares.dfdc=1.3
fine_tune 28 "$reconstructed" 21 seed=8 pseudo_fakes.share=0.25 augmentation.undegraded=0.4
further=(data.shares.dfdc=1.7 optimizer.learning_rate=2e-4)
fine_tune C "$reconstructed" 28 seed=9 pseudo_fakes.share=0.2 augmentation.undegraded=0.4 schedule.warmup=200 fit.epochs=2 "${further[@]}"
fine_tune D "$data" 28 seed=10 schedule.warmup=200 fit.epochs=2 "${further[@]}"
average fresh C D

# Robustness: short runs from each network, averaged with their initial weights; then two long runs of the second network.
short=(data.per_epoch=20000 fit.epochs=1 schedule.warmup=60 "${further[@]}")
fine_tune 44 "$data" earlier seed=12 augmentation.low_quality=0.15 "${short[@]}"
average earlier-robust earlier 44
fine_tune 37 "$data" fresh seed=11 "${short[@]}"
fine_tune 38 "$data" fresh seed=11 augmentation.low_quality=0.15 "${short[@]}"
fine_tune 39 "$data" fresh seed=11 loss.consistency=0.1 "${short[@]}"
average fresh-37 fresh 37
average 38-39 38 39
average 41 fresh-37 38-39
long=(data.per_epoch=20000 fit.epochs=5 schedule.warmup=120 optimizer.learning_rate=2.5e-4
    augmentation.low_quality=0.15 augmentation.smooth=0.1 data.shares.dfdc=1.7)
fine_tune 47 "$data" 41 seed=13 pseudo_fakes.share=0.15 data.shares.faces140k=1.2 "${long[@]}"
fine_tune 49 "$data" 47 seed=15 augmentation.low_quality=0.15 augmentation.smooth=0.1 augmentation.undegraded=0.35 \
    augmentation.jpeg=0.7 loss.consistency=0.1 "${short[@]}"
average fresh-robust 47 49
fine_tune 54 "$data" fresh-robust seed=16 pseudo_fakes.share=0.2 augmentation.undegraded=0.4 augmentation.jpeg=0.6 \
    data.shares.faces140k=2.0 "${long[@]}"
average fresh-long fresh-robust 54 --quantize

unmask ensemble "$(model earlier-robust)" "$(model fresh-long)" --mirror --bits 16 --name default --data "$data" \
    --output "$out/default"
echo "wrote $(model default), and fast: $out/fresh-long/model-int8.onnx"
