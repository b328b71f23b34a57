#!/usr/bin/env bash
# Adds a network at native resolution to the face networks of `make-default.sh`; together they are `default` from version 1.6 on.
#
#     research/release/make-native.sh DATA WEIGHTS OUT [OPTION…]
#
# DATA is a folder that `python -m research.release.combine_sources` wrote, WEIGHTS the folder of mobilenetv2_1.0_imagenet.npz.
# OUT is the folder that make-default.sh wrote: `OUT/default/model.onnx` is read. OPTIONs are passed to every `unmask train`.
# The steps take about two hours on two cores. The script skips finished steps and resumes an interrupted one.
#
# The share of 0.4 was chosen on the `dev` sources and the calibration split (docs/lab/068-native-resolution.md).
. "$(dirname "$0")/arguments.sh"
recipe=$(dirname "$0")/native.toml

small=$out/native-160/model.onnx
[ -f "$small" ] || unmask train "$data" --recipe "$recipe" --output "$out/native-160" --resume --force "$@"

large=$out/native-224/model.onnx
[ -f "$large" ] || unmask train "$data" --recipe "$recipe" --output "$out/native-224" --resume --force \
    --set network.weights="$small" --set preprocessing.size=224 --set preprocessing.min_side=224 --set fit.epochs=1 \
    --set data.per_epoch=9600 --set optimizer.learning_rate=8e-5 --set schedule.warmup=20 --set fit.ema=0.99 "$@"

unmask ensemble "$out/default/model.onnx" "$large" --shares 0.6,0.4 --bits 16 --name default --data "$data" \
    --output "$out/default-native" --force
echo "wrote default: $out/default-native/model.onnx"
