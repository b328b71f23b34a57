"""Training of the face check: a small network that separates faces from other objects by the crop of a detected face.

    python -m research.face_check --faces MANIFEST.csv … --objects DIR … --drawings DIR … --out DIR

`collect` finds crops, `augment` degrades them, `network` is the model, `__main__` trains and exports it.
"""
