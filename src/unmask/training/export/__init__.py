"""From a trained network to a model file: ONNX export, parity, calibration, ensembles and the model card."""
