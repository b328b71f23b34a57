#!/usr/bin/env bash
# Trains the detector `open`, the variant for companies, from ImageNet weights, with fixed seeds.
#
#     research/release/make-open.sh DATA WEIGHTS OUT [OPTION…]
#
# DATA is a folder with manifest.csv, WEIGHTS the folder of mobilenetv2_1.0_imagenet.npz. OUT receives a folder for each of two
# steps: the run, and the same weights in 16 bits. OPTIONs are passed to `unmask train`. It takes 40 minutes on one core. The same
# command resumes an interrupted run.
. "$(dirname "$0")/arguments.sh"

trained=$out/trained/model.onnx
[ -f "$trained" ] || unmask train "$data" --recipe "$(dirname "$0")/open.toml" --output "$out/trained" --resume --threads 1 \
    --workers 0 "$@"
unmask ensemble "$trained" --bits 16 --name open --data "$data" --output "$out/open"
echo "wrote $out/open/model.onnx"
