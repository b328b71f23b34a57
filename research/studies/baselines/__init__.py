"""The classic architectures side by side: each is trained for the same time on the same data, and measured."""
