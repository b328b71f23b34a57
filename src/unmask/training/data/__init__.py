"""Training data: splits, sampling, augmentation, pseudo-fakes and loaders."""
