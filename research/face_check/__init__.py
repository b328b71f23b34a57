"""Training of the face check: a small network that tells faces from other objects on the crop of a detected face.

    python -m research.face_check --faces MANIFEST.csv … --objects DIR … --drawings DIR … --out DIR

`collect` finds crops, `augment` degrades them, `network` is the model, `__main__` trains and exports it.
"""
