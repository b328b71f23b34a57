"""Every error unmask raises on purpose, in one tree.

    UnmaskError
    ├── ImageError                 a picture cannot be judged
    │   ├── MissingFile            no such file
    │   ├── NotAFile               a directory or a device where a picture was expected
    │   ├── EmptyFile              zero bytes
    │   ├── NotAnImage             the bytes are no picture format unmask reads
    │   ├── CorruptImage           truncated or damaged
    │   └── ImageTooLarge          more pixels or bytes than the limits allow
    ├── ModelError                 a model file cannot be used
    │   ├── UnknownModel           no model of that name or path
    │   └── BadModelFile           foreign, damaged, or not what its card says
    ├── DatasetError               a folder or manifest of labelled pictures cannot be used
    │   ├── AmbiguousNames         names that do not say which pictures are real and which are fake
    │   └── BadManifest            a table of pictures that lacks columns, rows or sense
    ├── ScanError                  a scan cannot go on
    │   ├── SourceError            what should be scanned cannot be listed or read
    │   ├── OutputError            the output cannot be written or is not one of a scan
    │   └── WorkerError            the processes that judge cannot work
    ├── MissingExtra               an optional part is not installed
    ├── BrokenEngine               what runs models is installed and cannot be loaded
    ├── RecipeError                a recipe names something that does not exist or makes no sense
    ├── TrainingError              a training run cannot begin or go on
    ├── UsageError                 arguments that contradict each other or lead nowhere
    └── RequestError               the server does not answer a request; its leaves are in `unmask.web.errors`

Each class knows the exit code of a command that ends with it and the HTTP status of a request that does.
A message is one line that says what is wrong and, where there is something to do, what to do.
"""

from __future__ import annotations

from typing import ClassVar


class UnmaskError(Exception):
    """Root of the tree; catching it catches everything unmask raises on purpose.

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
    """No such file."""

    code = "missing_file"
    http_status = 404


class NotAFile(ImageError):
    """A directory or a device where a picture was expected."""

    code = "not_a_file"


class EmptyFile(ImageError):
    """Zero bytes."""

    code = "empty_file"


class NotAnImage(ImageError):
    """The bytes are no picture format unmask reads."""

    code = "not_an_image"
    http_status = 415


class CorruptImage(ImageError):
    """A picture whose data end early or cannot be decoded."""

    code = "corrupt_image"


class ImageTooLarge(ImageError):
    """More pixels or bytes than the limits allow."""

    code = "image_too_large"
    http_status = 413


class ModelError(UnmaskError):
    """A model file cannot be used."""

    code = "bad_model"


class UnknownModel(ModelError):
    """No model of that name, and no file at that path."""

    code = "unknown_model"
    exit_code = 2
    http_status = 404


class BadModelFile(ModelError):
    """Foreign, damaged, or not what its card says."""

    code = "bad_model_file"


class DatasetError(UnmaskError):
    """A folder or manifest of labelled pictures cannot be used."""

    code = "bad_dataset"
    http_status = 422


class AmbiguousNames(DatasetError):
    """Names that do not say which pictures are real and which are fake."""

    code = "ambiguous_names"


class BadManifest(DatasetError):
    """A table of pictures that lacks columns, rows or sense."""

    code = "bad_manifest"


class ScanError(UnmaskError):
    """A scan cannot go on."""

    code = "scan"


class SourceError(ScanError):
    """What should be scanned cannot be listed or read."""

    code = "bad_source"


class OutputError(ScanError):
    """The output cannot be written, or is not one of a scan."""

    code = "bad_output"


class WorkerError(ScanError):
    """The processes that judge cannot work."""

    code = "worker"


class MissingExtra(UnmaskError):
    """An optional part of unmask is used but not installed."""

    code = "missing_extra"
    http_status = 501

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional part: pip install 'unmask[{extra}]'")


class BrokenEngine(UnmaskError):
    """What runs models is installed and cannot be loaded."""

    code = "broken_engine"


class UsageError(UnmaskError):
    """Arguments that contradict each other or lead nowhere."""

    code = "usage"
    exit_code = 2
    http_status = 400


class RecipeError(UnmaskError):
    """A recipe names something that does not exist or makes no sense."""

    code = "bad_recipe"
    exit_code = 2
    http_status = 400


class TrainingError(UnmaskError):
    """A training run cannot begin or go on."""

    code = "training"


class RequestError(UnmaskError):
    """The server does not answer a request."""

    code = "bad_request"
    http_status = 400
