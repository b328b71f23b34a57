"""Make a dataset of fakes of kinds that no recipe makes, with the real images they are made from.

    python -m research.studies.unseen_fakes --data DATA --out DIR [--count 150] [--decoder shuffle.pt]
    unmask evaluate default DIR

The real faces come from the `valid` split, the same number from each source. Each kind is a source of the new dataset:

    clone     the inner face of another person, blended in the gradient domain (Pérez et al., "Poisson Image Editing",
              SIGGRAPH 2003): no seam, no change of mean color
    collage   a feature or a whole face from another source, cut out as a hard-edged polygon and not adapted
    feature   one feature of another person, soft-edged and matched in color (`local_swaps`)
    eigen     the inner face reconstructed from 60 eigenfaces of 48 pixels and blended in, as a small autoencoder does

With `--decoder` there is a fifth kind:

    decoder   the complete image reconstructed by an autoencoder of `research.autoencoder_fakes`

Each fake and its original are encoded at the same JPEG quality (85 to 95) and form one group.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from rich.progress import track
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import factorized

from research.autoencoder_fakes.network import load, rebuild
from research.common.local_swaps import FEATURES, face_of, feature_mask, fitted, real_names, swap_feature
from unmask import Detector
from unmask.preprocessing import Box

Face = tuple[Image.Image, Box]
Floats = NDArray[np.float32]
Forge = Callable[[Face, Face, Floats, random.Random], Image.Image]
"""Makes a forged image from a face, a donor, the eigenfaces and a random generator."""
INNER = (0.50, 0.56, 0.36, 0.38)
"""Center and semi-axes of the inner face, as shares of the face box."""
EIGENFACES, SIDE = 60, 48


def clone(face: Face, donor: Face, _: Floats, chance: random.Random) -> Image.Image:
    """Clone the inner face of the donor into the face by Poisson blending."""
    image, box = face
    mask = np.asarray(_ellipse(image.size, box, chance)) > 127
    mask[0], mask[-1], mask[:, 0], mask[:, -1] = False, False, False, False
    ground, patch = np.asarray(image, float), np.asarray(fitted(donor, box, image.size), float)
    rows, columns = np.nonzero(mask)
    place = np.full(mask.shape, -1)
    place[mask] = np.arange(len(rows))
    links, known = [], np.zeros((len(rows), 3))
    gradient = np.zeros((len(rows), 3))
    for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        other = rows + down, columns + across
        gradient += patch[rows, columns] - patch[other]
        inside = place[other] >= 0
        links.append((np.flatnonzero(inside), place[other][inside]))
        known[~inside] += ground[other][~inside]
    pairs = np.concatenate(links, 1)
    matrix = diags([np.full(len(rows), 4.0)], [0]) - csr_matrix((np.ones(pairs.shape[1]), pairs), (len(rows),) * 2)
    solve = factorized(matrix.tocsc())
    result = ground.copy()
    result[rows, columns] = np.stack([solve((gradient + known)[:, channel]) for channel in range(3)], 1)
    return _image(result)


def collage(face: Face, donor: Face, _: Floats, chance: random.Random) -> Image.Image:
    """Paste a hard-edged polygon of the donor."""
    image, box = face
    x, y, w, h = box
    center_x, center_y, half_x, half_y = chance.choice([*FEATURES.values(), INNER, INNER, INNER])
    mask = Image.new("L", image.size)
    turns = sorted(chance.uniform(0, 2 * np.pi) for _ in range(9))
    corners = [
        (x + (center_x + half_x * np.cos(turn)) * w, y + (center_y + half_y * np.sin(turn)) * h) for turn in turns
    ]
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    result = image.copy()
    result.paste(fitted(donor, box, image.size), (0, 0), mask.filter(ImageFilter.GaussianBlur(0.6)))
    return result


def feature(face: Face, donor: Face, _: Floats, chance: random.Random) -> Image.Image:
    """Replace one feature by that of the donor."""
    return swap_feature(face, donor, chance.choice(sorted(FEATURES)), chance)[0]


def eigen(face: Face, _: Face, basis: Floats, chance: random.Random) -> Image.Image:
    """Replace the inner face by its projection on the eigenfaces."""
    image, (x, y, w, h) = face
    small = _aligned(face)
    mean, axes = basis[0], basis[1:]
    rebuilt = _image((mean + (small - mean) @ axes.T @ axes).reshape(SIDE, SIDE, 3))
    size = max(2, round(w)), max(2, round(h))
    result = image.copy()
    whole = Image.new("RGB", image.size)
    whole.paste(rebuilt.resize(size, Image.Resampling.BICUBIC), (round(x), round(y)))
    soft = _ellipse(image.size, face[1], chance).filter(ImageFilter.GaussianBlur(0.04 * w))
    result.paste(whole, (0, 0), soft)
    return result


def decoder(path: Path) -> Forge:
    """Load an autoencoder from `DESIGN.pt` as a function that forges images."""
    network = load(path)

    def forge(face: Face, _donor: Face, _basis: Floats, _chance: random.Random) -> Image.Image:
        pixels = torch.from_numpy(np.array(face[0])[None])
        return Image.fromarray(rebuild(network, pixels)[0].numpy())

    return forge


KINDS: dict[str, Forge] = {
    "clone": clone,
    "collage": collage,
    "feature": feature,
    "eigen": eigen,
}


def eigenfaces(faces: list[Face]) -> Floats:
    """Mean and leading axes of aligned faces, `[1 + EIGENFACES, SIDE·SIDE·3]`."""
    rows = np.stack([_aligned(face) for face in faces])
    mean = rows.mean(0)
    axes = np.linalg.svd(rows - mean, full_matrices=False)[2][:EIGENFACES]
    return np.concatenate([mean[None], axes]).astype(np.float32)


def _aligned(face: Face) -> Floats:
    image, (x, y, w, h) = face
    box = max(0, x), max(0, y), min(image.width, x + w), min(image.height, y + h)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX, box=box), np.float32).reshape(-1)


def _ellipse(size: tuple[int, int], box: Box, chance: random.Random) -> Image.Image:
    return Image.fromarray((feature_mask(size, box, INNER, chance) * 255).astype(np.uint8))


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def real_faces(data: Path, count: int, seed: int) -> dict[str, list[Face]]:
    """About `count` real faces of the `valid` split by source, the same number of each if there are enough."""
    detector, chance = Detector.load(threads=1), random.Random(seed)
    pool = real_names(data, "valid")
    found: dict[str, list[Face]] = {}
    for source, names in pool.items():
        chosen = chance.sample(names, min(len(names), -(-count // len(pool))))
        faces = (face_of(data / name, detector) for name in track(chosen, f"faces of {source}"))
        found[source] = [face for face in faces if face]
    return found


def make(
    faces: dict[str, list[Face]], kinds: dict[str, Forge], seed: int
) -> Iterator[tuple[str, int, Image.Image, Image.Image]]:
    """Kind, number of the original, original and fake, for every face and kind."""
    basis = eigenfaces([face for group in faces.values() for face in group])
    number = 0
    for source, group in faces.items():
        others = [face for name, some in faces.items() if name != source for face in some]
        for face in group:
            for kind, forge in kinds.items():
                chance = random.Random(f"{seed}/{kind}/{number}")
                donor = chance.choice(others if kind == "collage" else [other for other in group if other is not face])
                yield kind, number, face[0], forge(face, donor, basis, chance)
            number += 1


def main() -> None:
    """Read the command line and write the dataset."""
    parser = argparse.ArgumentParser(description="Make fakes of kinds that no recipe makes.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new dataset")
    parser.add_argument("--count", type=int, default=150, help="number of real faces")
    parser.add_argument("--seed", type=int, default=3, help="random seed")
    parser.add_argument("--decoder", type=Path, help="file of an autoencoder, DESIGN.pt, for the kind `decoder`")
    arguments = parser.parse_args()
    kinds = KINDS | ({"decoder": decoder(arguments.decoder)} if arguments.decoder else {})
    arguments.out.mkdir(parents=True, exist_ok=True)
    faces = real_faces(arguments.data, arguments.count, arguments.seed)
    with (arguments.out / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file_name", "label", "split", "source", "group"))
        total = len(kinds) * sum(map(len, faces.values()))
        for kind, number, real, fake in track(make(faces, kinds, arguments.seed), "forging", total=total):
            quality = random.Random(f"{number}/{kind}").randint(85, 95)
            for label, image in (("real", real), ("fake", fake)):
                name = f"{kind}-{number:04}-{label}.jpg"
                image.save(arguments.out / name, quality=quality)
                table.writerow((name, label, "test", kind, number))


if __name__ == "__main__":
    main()
