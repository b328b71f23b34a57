"""How the packaged face finder is made: a small single-shot network that learns from a reference detector.

The reference (YuNet) labels every training picture once (`teacher`), the labelled pictures are composed into
scenes with known geometry (`album`, `textures`, `scenes`, `degrading`), a network (`network`) learns the faces in them
(`targets`, `losses`, `loop`), and `exporting` writes the ONNX file. `python -m research.facefinder` does it all.
"""
