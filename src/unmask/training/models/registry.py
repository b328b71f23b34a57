"""Registry of the networks that unmask can train. A network's module is imported when it is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """One registered network.

    Attributes:
        factory: dotted name of its class.
        parameters: number of trainable parameters at `size`.
        size: side of the input of the original network, in pixels.
        dense: whether most of its work is dense convolutions or matrix products, which bfloat16 speeds up.
        has_cam: whether its head is global average pooling, so that the exported file has a `cam` output.
        origin: paper or other source.
    """

    factory: str
    parameters: int
    size: int
    dense: bool
    has_cam: bool
    origin: str


_HERE = "unmask.training.models"

ARCHITECTURES: dict[str, Architecture] = {
    "cnn3": Architecture(
        f"{_HERE}.classic:Cnn3",
        3_304_769,
        128,
        True,
        False,
        "three blocks, as in most course projects",
    ),
    "cnn3-bn": Architecture(
        f"{_HERE}.classic:Cnn3BatchNorm",
        14_839_682,
        256,
        True,
        False,
        "three blocks with batch norm and a softmax",
    ),
    "cnn7-bn": Architecture(
        f"{_HERE}.classic:Cnn7BatchNorm",
        6_297_473,
        224,
        True,
        False,
        "seven blocks, as in public notebooks",
    ),
    "cnn-dense": Architecture(
        f"{_HERE}.classic:CnnDense",
        13_084_417,
        224,
        True,
        False,
        "a wide stem, as in Keras textbooks",
    ),
    "cnn-spectral": Architecture(
        f"{_HERE}.cnn_spectral:CnnSpectral",
        433_505,
        224,
        True,
        False,
        "after Frank et al., ICML 2020",
    ),
    "xception": Architecture(
        f"{_HERE}.xception:Xception",
        20_809_001,
        299,
        False,
        True,
        "Chollet, CVPR 2017",
    ),
    "mobilenetv2": Architecture(
        f"{_HERE}.mobilenetv2:MobileNetV2", 2_208_097, 224, False, True, "Sandler et al., CVPR 2018"
    ),
    "vit": Architecture(
        f"{_HERE}.vit:VisionTransformer",
        3_707_137,
        224,
        True,
        True,
        "Dosovitskiy et al., ICLR 2021",
    ),
    "grain": Architecture(
        f"{_HERE}.grain:Grain",
        2_096_200,
        224,
        True,
        True,
        "unmask's own",
    ),
}
