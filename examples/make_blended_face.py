"""Make a self-blended image: the face of a real portrait is slightly changed and blended into itself.

    python examples/make_blended_face.py PORTRAIT FAKE.jpg [SEED]

The bundled sample `blended.jpg` was made from `astronaut.jpg` by this program. It needs the extra `train`.
"""

from __future__ import annotations

import sys

import numpy as np

from unmask import open_image
from unmask.faces import FaceDetector
from unmask.training import self_blend


def main(portrait: str, target: str, seed: int = 8) -> None:
    """Blend the largest face into itself and save the image."""
    image = open_image(portrait).rgb()
    (face, *_) = FaceDetector.load().find(image)
    self_blend((image, face.box), np.random.default_rng(seed)).save(target, quality=95)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 8)
