"""Error rates on real and fake images after common photo filters.

The filters are: skin smoothing as in beauty filters, edge-preserving smoothing, warm colors, more contrast, grayscale,
and a screenshot forwarded as WebP. No recipe trains on the first two.

    python -m research.studies.filters --data DATA [--count 600] [--model default]
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter
from rich.progress import track

from research.common.proportions import format_auc, percent
from unmask import Detector, open_image
from unmask.datasets import Dataset, stratified_sample
from unmask.datasets.auc import Interval
from unmask.evaluation import predict_dataset
from unmask.evaluation.bootstrap import metrics_with_intervals
from unmask.images import ImageSource
from unmask.verdict import Verdict

Filter = Callable[[Image.Image], Image.Image]
WARMER = np.array([[0.6, 0.5, 0.15], [0.35, 0.6, 0.15], [0.2, 0.3, 0.6]], np.float32)
"""Rows: shares of red, green and blue in the new red, green and blue."""
SKIN_CB, SKIN_CR = (88, 132), (128, 176)
"""Wide chroma range of skin in YCbCr (Chai and Ngan, "Face segmentation using skin-color map", 1999)."""


def smooth_skin(image: Image.Image, strength: float) -> Image.Image:
    """Smooth the skin by a median filter and a blur of a hundredth of the image, and brighten it slightly."""
    chroma = np.asarray(image.convert("YCbCr"))[..., 1:]
    low, high = np.array([SKIN_CB, SKIN_CR]).T
    skin = ((chroma >= low) & (chroma <= high)).all(axis=2)
    reach = max(1.0, min(image.size) / 100)
    mask = Image.fromarray((skin * np.uint8(255 * strength)).astype(np.uint8)).filter(ImageFilter.GaussianBlur(reach))
    smooth = image.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(reach / 2))
    return ImageEnhance.Brightness(Image.composite(smooth, image, mask)).enhance(1.05)


def smooth_along_edges(image: Image.Image, reach: int = 4, tones: float = 20.0) -> Image.Image:
    """Bilateral filter (Tomasi and Manduchi, ICCV 1998): average neighbors of similar color."""
    pixels = np.asarray(image, np.float32)
    total, weights = np.zeros_like(pixels), np.zeros((*pixels.shape[:2], 1), np.float32)
    for down in range(-reach, reach + 1, 2):
        for right in range(-reach, reach + 1, 2):
            moved = np.roll(pixels, (down, right), (0, 1))
            apart = ((moved - pixels) ** 2).sum(axis=2, keepdims=True) / tones**2
            weight = np.exp(-(apart + (down**2 + right**2) / reach**2) / 2)
            total, weights = total + weight * moved, weights + weight
    return _image(total / weights)


def warm(image: Image.Image) -> Image.Image:
    """Shift the colors toward sepia."""
    return _image(np.asarray(image, np.float32) @ WARMER.T)


def screenshot(image: Image.Image) -> Image.Image:
    """Enlarge by a third, as a screen shows it, and encode as WebP."""
    shown = image.resize((image.width * 4 // 3, image.height * 4 // 3), Image.Resampling.BILINEAR)
    sent = io.BytesIO()
    shown.save(sent, "webp", quality=75)
    return Image.open(sent).convert("RGB")


FILTERS: dict[str, Filter] = {
    "unchanged": lambda image: image,
    "skin smoothed": lambda image: smooth_skin(image, 0.5),
    "skin smoothed strongly": lambda image: smooth_skin(image, 0.9),
    "smoothed along edges": smooth_along_edges,
    "warm colors": warm,
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.4),
    "grayscale": lambda image: image.convert("L").convert("RGB"),
    "screenshot": screenshot,
}


class FilteredDetector:
    """A detector that applies a filter to every image."""

    def __init__(self, detector: Detector, change: Filter) -> None:
        self.model = detector.model
        self._detector, self._change = detector, change

    def predict(
        self, image: ImageSource, *, name: str | None = None, whole_picture: bool = False, stability: bool = True
    ) -> Verdict:
        """Filter one image and run the detector on it."""
        seen = self._change(open_image(image).rgb())
        return self._detector.predict(seen, name=name, whole_picture=whole_picture, stability=stability)


def rows(detector: Detector, dataset: Dataset) -> Iterator[tuple[str, dict[str, Interval]]]:
    """Metrics with intervals for each filter."""
    for name in track(FILTERS, "running the detector"):
        predictions = predict_dataset(FilteredDetector(detector, FILTERS[name]), dataset)
        yield name, metrics_with_intervals(predictions.sample, dataset.groups)


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="labeled images: a folder or a manifest")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--count", type=int, default=600, help="approximate number of images, stratified")
    parser.add_argument("--split", default="valid", help="split of the images")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=1)
    dataset = stratified_sample(Dataset.load(arguments.data).subset(arguments.split), arguments.count)
    print(f"{detector.model.name} {detector.model.version}, {len(dataset)} images of `{arguments.split}`\n")
    print("| filter | AUC | real labeled fake | fake labeled real | answered |\n|---|---|---|---|---|")
    for name, found in rows(detector, dataset):
        shares = (percent(found[figure]) for figure in ("false_alarms", "misses", "coverage"))
        print(f"| {name} | {format_auc(found['auc'])} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
