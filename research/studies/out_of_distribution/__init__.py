"""Study of measures that could show when an image is unlike the training data of a model."""
