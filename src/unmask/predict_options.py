"""Options of a prediction, shared by evaluation, the web app and the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """Keyword options of `Detector.predict`.

    Attributes:
        whole_picture: score the whole picture if no face is found.
        stability: score each face again after mild re-encodings, as `unmask detect` does by default.
        flag_doubtful: label a face `unsure` if the face detector is not certain of it.
    """

    whole_picture: bool = False
    stability: bool = True
    flag_doubtful: bool = True

    def to_dict(self) -> dict[str, bool]:
        """The wire form."""
        return {
            "whole_picture": self.whole_picture,
            "stability": self.stability,
            "flag_doubtful": self.flag_doubtful,
        }
