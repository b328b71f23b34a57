"""The settings of the server in one table, and the sources of their values.

A flag of `unmask serve` overrides the environment (`UNMASK_…`), the environment overrides the `[serve]` table of a TOML
file, and the file overrides the default. The documentation is generated from this table.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from unmask._paths import user_config_dir, user_data_dir
from unmask.errors import UsageError

MEGABYTE = 1024 * 1024
CONFIG_VARIABLE = "UNMASK_CONFIG"


def setting(default: Any, description: str, *, least: float | None = None, most: float | None = None) -> Any:
    """A row of the table: the default, the description, and the smallest and largest valid value."""
    return field(default=default, metadata={"description": description, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a server. A field names its flag (`--data-dir`) and its variable (`UNMASK_DATA_DIR`)."""

    host: str = setting("127.0.0.1", "Address to listen on. Beyond loopback every request needs an API key.")
    port: int = setting(8000, "Port to listen on.", least=0, most=65535)
    model: str = setting("default", "A name from `unmask models`, or the path of an .onnx file.")
    faces: str = setting("", "Your face detector: a YuNet file (.onnx), or module:function; empty: the shipped one.")
    shadow: str = setting("", "A candidate that judges a share of the pictures unseen; a name or an .onnx file.")
    shadow_share: float = setting(0.1, "Share of the pictures that the shadow candidate judges.", least=0.0, most=1.0)
    workers: int = setting(1, "Server processes.", least=1, most=256)
    threads: int = setting(0, "Pictures judged at a time in one process; 0 shares the CPUs out.", least=0, most=1024)
    data_dir: str = setting("", "Folder of the database, the spool and kept pictures; empty: the user's data folder.")
    database_url: str = setting("", "SQLAlchemy URL of the database; empty: SQLite in the data folder.")
    fetch: bool = setting(False, "Load pictures from public web addresses that the page or a client names.")
    keep_images: bool = setting(False, "Keep the pictures that are judged. Off, only hashes and verdicts are kept.")
    retention_days: int = setting(90, "Days after which history, feedback and jobs are deleted; 0 keeps them.", least=0)
    max_file_mb: int = setting(32, "Largest picture in MB.", least=1, most=4096)
    max_clip_mb: int = setting(
        128, "Largest video in MB; 0 accepts no videos. They need the extra `video`.", least=0, most=4096
    )
    max_megapixels: int = setting(64, "Most megapixels of a picture.", least=1, most=1000)
    max_files: int = setting(16, "Most pictures in one request.", least=1, most=1000)
    max_job_files: int = setting(1000, "Most pictures in one job.", least=1)
    max_job_mb: int = setting(2048, "Largest job in MB.", least=1)
    queue: int = setting(256, "Pictures that may wait; beyond it requests get 503 with Retry-After.", least=1)
    queue_mb: int = setting(512, "Uploaded MB held in memory; beyond it requests get 503 with Retry-After.", least=1)
    job_webhook: str = setting("", "Address that gets a signed request when a job ends; empty: none.")
    job_webhook_secret_file: str = setting("", "File with the secret that signs it; empty: UNMASK_WEBHOOK_SECRET.")
    upload_timeout: float = setting(60.0, "Seconds an upload may take, and 30 more for every 10 MB.", least=0.1)
    judge_timeout: float = setting(120.0, "Seconds a picture may wait, or be judged without progress.", least=0.1)
    grace: int = setting(30, "Seconds that accepted requests get to finish at shutdown.", least=0)
    require_key: str = setting("auto", "API keys: `auto` (beyond loopback), `yes` or `no`.")
    rate_limit: int = setting(
        600,
        "Pictures a minute for each API key, in each process; a larger job delays what follows it. 0 sets no limit.",
        least=0,
    )
    cors_origins: tuple[str, ...] = setting((), "Origins of pages elsewhere that may use this server, by commas.")
    allowed_hosts: tuple[str, ...] = setting(
        (), "Allowed Host headers, by commas; empty: loopback names, or any beyond loopback."
    )
    root_path: str = setting("", "Path prefix under which a proxy serves this server.")
    trusted_proxies: str = setting("127.0.0.1", "Addresses whose X-Forwarded headers are believed, by commas.")
    trust: str = setting("", "Certificates (PEM) whose Content Credentials count as trusted; empty: none.")
    tls_cert: str = setting(
        "", "Certificate file (PEM): serve HTTPS. Browsers give the webcam to HTTPS or localhost only."
    )
    tls_key: str = setting("", "Key (PEM) of the certificate.")

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data_dir) if self.data_dir else user_data_dir()

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.folder / 'unmask.db').as_posix()}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def keys_required(self) -> bool:
        """Whether a request needs an API key."""
        return self.require_key == "yes" or (self.require_key == "auto" and not self.loopback)

    @property
    def parallel(self) -> int:
        """Number of pictures processed at the same time in one process."""
        return self.threads or max(1, (os.cpu_count() or 1) // self.workers)

    def check(self) -> Settings:
        """Check settings that depend on each other.

        Raises:
            UsageError: the message names the setting.
        """
        if self.require_key not in ("auto", "yes", "no"):
            raise UsageError(f"require_key is {self.require_key!r}; one of auto, yes, no")
        if bool(self.tls_cert) != bool(self.tls_key):
            raise UsageError("tls_cert and tls_key belong together; give both or neither")
        return self


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One row of the table of settings.

    Attributes:
        name: name of the field.
        kind: its type.
        default: its default.
        description: text for the help and the documentation.
        least, most: smallest and largest valid value; None for no limit.
    """

    name: str
    kind: type
    default: Any
    description: str
    least: float | None
    most: float | None

    @property
    def flag(self) -> str:
        """The option of `unmask serve`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "UNMASK_" + self.name.upper()

    @property
    def shown_default(self) -> str:
        """The default as text; empty for an empty tuple."""
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return "" if self.default == () else str(self.default)

    def parse(self, value: Any, origin: str) -> Any:
        """Convert a value to the type of the setting.

        Args:
            value: text of a flag or an environment variable, or a value of the settings file.
            origin: flag, variable or file with key; the error message begins with it.

        Raises:
            UsageError: the value has another type or is out of bounds.
        """
        try:
            parsed = _parse(self.kind, value)
        except (ValueError, TypeError):
            raise UsageError(f"{origin}: {value!r} is not a {_words(self.kind)}") from None
        if self.least is not None and parsed < self.least:
            raise UsageError(f"{origin}: {parsed} is below the minimum of {self.least:g}")
        if self.most is not None and parsed > self.most:
            raise UsageError(f"{origin}: {parsed} is above the maximum of {self.most:g}")
        return parsed


def table() -> tuple[SettingRow, ...]:
    """All settings, in the order in which they are documented."""
    hints = get_type_hints(Settings)
    return tuple(_row(entry, hints[entry.name]) for entry in fields(Settings))


def _row(entry: Field[Any], hint: Any) -> SettingRow:
    kind = tuple if hint == tuple[str, ...] else hint
    return SettingRow(entry.name, kind, entry.default, **entry.metadata)


_YES, _NO = frozenset({"1", "yes", "true", "on"}), frozenset({"0", "no", "false", "off"})


def _parse(kind: type, value: Any) -> Any:
    if kind is bool and isinstance(value, str):
        word = value.strip().lower()
        if word not in _YES | _NO:
            raise ValueError(value)
        return word in _YES
    if kind is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(str(part).strip() for part in parts if str(part).strip())
    if isinstance(value, bool) is not (kind is bool):
        raise TypeError(value)
    return kind(value)


def _words(kind: type) -> str:
    return {bool: "yes or no value", int: "whole number", float: "number"}.get(kind, kind.__name__)


def resolve(flags: Mapping[str, Any], environ: Mapping[str, str], config: Path | None = None) -> Settings:
    """The settings of a server.

    Args:
        flags: values of the command line; None for flags that were not given.
        environ: the environment.
        config: the TOML file. If None, the file that `UNMASK_CONFIG` names, else `serve.toml` in the user's
            configuration folder if it exists.

    Raises:
        UsageError: a value is invalid, the file cannot be read, or it has an unknown setting.
    """
    named = config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    path = named or user_config_dir() / "serve.toml"
    stored = _read_file(path, must_exist=named is not None)
    values: dict[str, Any] = {}
    for row in table():
        if flags.get(row.name) is not None:
            values[row.name] = row.parse(flags[row.name], row.flag)
        elif environ.get(row.variable):
            values[row.name] = row.parse(environ[row.variable], row.variable)
        elif row.name in stored:
            values[row.name] = row.parse(stored[row.name], f"{path}: {row.name}")
    return Settings(**values).check()


def _read_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    """The `[serve]` table of a TOML file."""
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if must_exist:
            raise UsageError(f"{path}: no such settings file") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from None
    stored = content.get("serve", {})
    unknown = sorted(set(stored) - {row.name for row in table()})
    if unknown:
        raise UsageError(f"{path}: unknown setting {unknown[0]!r}; `unmask serve --help` lists them")
    return dict(stored)
