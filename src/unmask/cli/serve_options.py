"""The options of `unmask serve`, one for each server setting.

`unmask.web.settings` holds the same table for the environment and the settings file. It is repeated here so that the
command line starts without the web package; a test compares the two.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer


def _setting(help_text: str, default: str | bool, *names: str) -> Any:
    """The option of a setting. Its value is None if it is not given, and `default` is only shown."""
    return typer.Option(*names, help=help_text, show_default=default, rich_help_panel="Settings")


Host = Annotated[
    str | None,
    _setting("Address to listen on. Beyond loopback every request needs an API key. [UNMASK_HOST]", "127.0.0.1"),
]
Port = Annotated[
    int | None,
    _setting("Port to listen on. [UNMASK_PORT]", "8000"),
]
Shadow = Annotated[
    str | None,
    _setting("A candidate that judges a share of the pictures unseen; a name or an .onnx file. [UNMASK_SHADOW]", False),
]
ShadowShare = Annotated[
    float | None,
    _setting("Share of the pictures that the shadow candidate judges. [UNMASK_SHADOW_SHARE]", "0.1"),
]
Model = Annotated[
    str | None,
    _setting("A name from `unmask models`, or the path of an .onnx file. [UNMASK_MODEL]", "default"),
]
Faces = Annotated[
    str | None,
    _setting(
        "Your face detector: a YuNet file (.onnx), or module:function; empty: the shipped one. [UNMASK_FACES]",
        False,
    ),
]
Workers = Annotated[
    int | None,
    _setting("Server processes. [UNMASK_WORKERS]", "1"),
]
Threads = Annotated[
    int | None,
    _setting("Pictures judged at a time in one process; 0 shares the CPUs out. [UNMASK_THREADS]", "0"),
]
DataDir = Annotated[
    str | None,
    _setting(
        "Folder of the database, the spool and kept pictures; empty: the user's data folder. [UNMASK_DATA_DIR]", False
    ),
]
DatabaseUrl = Annotated[
    str | None,
    _setting("SQLAlchemy URL of the database; empty: SQLite in the data folder. [UNMASK_DATABASE_URL]", False),
]
Fetch = Annotated[
    bool | None,
    _setting(
        "Load pictures from public web addresses that the page or a client names. [UNMASK_FETCH]",
        "no",
        "--fetch/--no-fetch",
    ),
]
KeepImages = Annotated[
    bool | None,
    _setting(
        "Keep the pictures that are judged. Off, only hashes and verdicts are kept. [UNMASK_KEEP_IMAGES]",
        "no",
        "--keep-images/--no-keep-images",
    ),
]
RetentionDays = Annotated[
    int | None,
    _setting("Days after which history, feedback and jobs are deleted; 0 keeps them. [UNMASK_RETENTION_DAYS]", "90"),
]
MaxFileMb = Annotated[
    int | None,
    _setting("Largest picture in MB. [UNMASK_MAX_FILE_MB]", "32"),
]
MaxClipMb = Annotated[
    int | None,
    _setting("Largest video in MB; 0 accepts no videos. They need the extra `video`. [UNMASK_MAX_CLIP_MB]", "128"),
]
MaxMegapixels = Annotated[
    int | None,
    _setting("Most megapixels of a picture. [UNMASK_MAX_MEGAPIXELS]", "64"),
]
MaxFiles = Annotated[
    int | None,
    _setting("Most pictures in one request. [UNMASK_MAX_FILES]", "16"),
]
MaxJobFiles = Annotated[
    int | None,
    _setting("Most pictures in one job. [UNMASK_MAX_JOB_FILES]", "1000"),
]
MaxJobMb = Annotated[
    int | None,
    _setting("Largest job in MB. [UNMASK_MAX_JOB_MB]", "2048"),
]
Queue = Annotated[
    int | None,
    _setting("Pictures that may wait; beyond it requests get 503 with Retry-After. [UNMASK_QUEUE]", "256"),
]
QueueMb = Annotated[
    int | None,
    _setting("Uploaded MB held in memory; beyond it requests get 503 with Retry-After. [UNMASK_QUEUE_MB]", "512"),
]
JobWebhook = Annotated[
    str | None,
    _setting("Address that gets a signed request when a job ends; empty: none. [UNMASK_JOB_WEBHOOK]", False),
]
JobWebhookSecretFile = Annotated[
    str | None,
    _setting(
        "File with the secret that signs it; empty: UNMASK_WEBHOOK_SECRET. [UNMASK_JOB_WEBHOOK_SECRET_FILE]", False
    ),
]
UploadTimeout = Annotated[
    float | None,
    _setting("Seconds an upload may take, and 30 more for every 10 MB. [UNMASK_UPLOAD_TIMEOUT]", "60.0"),
]
JudgeTimeout = Annotated[
    float | None,
    _setting("Seconds a picture may wait, or be judged without progress. [UNMASK_JUDGE_TIMEOUT]", "120.0"),
]
Grace = Annotated[
    int | None,
    _setting("Seconds that accepted requests get to finish at shutdown. [UNMASK_GRACE]", "30"),
]
RequireKey = Annotated[
    str | None,
    _setting("API keys: `auto` (beyond loopback), `yes` or `no`. [UNMASK_REQUIRE_KEY]", "auto"),
]
RateLimit = Annotated[
    int | None,
    _setting(
        "Pictures a minute for each API key, in each process; "
        "a larger job delays what follows it. 0 sets no limit. [UNMASK_RATE_LIMIT]",
        "600",
    ),
]
CorsOrigins = Annotated[
    str | None,
    _setting("Origins of pages elsewhere that may use this server, by commas. [UNMASK_CORS_ORIGINS]", False),
]
AllowedHosts = Annotated[
    str | None,
    _setting(
        "Allowed Host headers, by commas; empty: loopback names, or any beyond loopback. [UNMASK_ALLOWED_HOSTS]", False
    ),
]
RootPath = Annotated[
    str | None,
    _setting("Path prefix under which a proxy serves this server. [UNMASK_ROOT_PATH]", False),
]
TrustedProxies = Annotated[
    str | None,
    _setting("Addresses whose X-Forwarded headers are believed, by commas. [UNMASK_TRUSTED_PROXIES]", "127.0.0.1"),
]
Trust = Annotated[
    str | None,
    _setting("Certificates (PEM) whose Content Credentials count as trusted; empty: none. [UNMASK_TRUST]", False),
]
TlsCert = Annotated[
    str | None,
    _setting(
        "Certificate file (PEM): serve HTTPS. Browsers give the webcam to HTTPS or localhost only. [UNMASK_TLS_CERT]",
        False,
    ),
]
TlsKey = Annotated[
    str | None,
    _setting("Key (PEM) of the certificate. [UNMASK_TLS_KEY]", False),
]
