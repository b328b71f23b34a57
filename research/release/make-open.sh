#!/usr/bin/env bash
# Makes the detector `open`, the variant for companies, from ImageNet weights, with fixed seeds.
#
#     research/release/make-open.sh DATA WEIGHTS OUT [OPTION…]
#
# DATA is a folder with manifest.csv, WEIGHTS the folder of mobilenetv2_1.0_imagenet.npz, OUT gets a folder for each of two
# steps: the run, and the same weights in 16 bits. OPTIONs go to `unmask train`. It takes 40 minutes of one core, and the same
# command resumes.
. "$(dirname "$0")/arguments.sh"

trained=$out/trained/model.onnx
[ -f "$trained" ] || unmask train "$data" --recipe "$(dirname "$0")/open.toml" --output "$out/trained" --resume --threads 1 \
    --workers 0 "$@"
unmask ensemble "$trained" --bits 16 --name open --data "$data" --output "$out/open"
echo "made $out/open/model.onnx"
