"""Training of the packaged face detector, a small single-shot network.

The reference detector (`yunet`) labels each training image once. The labeled images (`annotated_images`) and synthetic
backgrounds (`textures`, `negative_patches`) are composed into scenes with known boxes (`scenes`, `scene_builder`,
`degradation`). The network (`network`) is trained on the scenes (`targets`, `losses`, `loop`) with the engine of
`unmask.training`, and `export` writes the ONNX file. `python -m research.face_detector` runs all steps.
"""
