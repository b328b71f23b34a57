"""Fakes for training: reconstructions of real images by small autoencoders that are trained here."""
