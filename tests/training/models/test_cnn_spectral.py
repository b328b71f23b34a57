from __future__ import annotations

import numpy as np
import torch

from unmask.training.models.cnn_spectral import LogSpectrum


def test_the_spectrum_is_that_of_numpy() -> None:
    pixels = torch.rand(1, 3, 48, 48)
    luma = (pixels[0] * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0).double().numpy()
    expected = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(luma))) / 48)
    assert np.allclose(LogSpectrum(48)(pixels)[0, 0].numpy(), expected, atol=1e-3)
