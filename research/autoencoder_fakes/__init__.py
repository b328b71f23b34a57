"""Small generators of our own: auto-encoders that rebuild real pictures, as fakes to learn from."""
