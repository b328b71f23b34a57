"""LayerNorm tuning of the image tower of CLIP on a GPU, prepared so that it only has to be run.

    python -m research.gpu.pack DATA --dev DEV --out DIR
    python -m research.gpu.clip_weights TOWER.onnx --out DIR
    python -m research.gpu.tune_norms DIR --out RUN

The first two write files small enough to be copied one by one to a machine with a GPU. The third needs only those files
and this folder of the source tree.
"""
