"""`unmask serve`: the page and the REST API."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import serve_options as options
from unmask.errors import MissingExtra

if TYPE_CHECKING:
    from unmask.web.settings import Settings
    from unmask.web.store import Store

REQUIRED_MODULES = ("fastapi", "uvicorn", "sqlalchemy", "alembic", "python_multipart", "prometheus_client")


def run(
    ctx: typer.Context,
    *,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings file (TOML). [UNMASK_CONFIG]")] = None,
    add_key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make an API key, show it once, and exit.")
    ] = None,
    revoke_key: Annotated[str | None, typer.Option(metavar="NAME", help="Delete an API key, and exit.")] = None,
    keys: Annotated[bool, typer.Option("--keys", help="List the API keys, and exit.")] = False,
    purge: Annotated[
        int | None, typer.Option(metavar="DAYS", min=0, help="Delete what is older than DAYS, and exit.")
    ] = None,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings in effect as JSON, and exit.")
    ] = False,
    host: options.Host = None,
    port: options.Port = None,
    model: options.Model = None,
    faces: options.Faces = None,
    shadow: options.Shadow = None,
    shadow_share: options.ShadowShare = None,
    workers: options.Workers = None,
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    database_url: options.DatabaseUrl = None,
    fetch: options.Fetch = None,
    keep_images: options.KeepImages = None,
    retention_days: options.RetentionDays = None,
    max_file_mb: options.MaxFileMb = None,
    max_clip_mb: options.MaxClipMb = None,
    max_megapixels: options.MaxMegapixels = None,
    max_files: options.MaxFiles = None,
    max_job_files: options.MaxJobFiles = None,
    max_job_mb: options.MaxJobMb = None,
    queue: options.Queue = None,
    queue_mb: options.QueueMb = None,
    job_webhook: options.JobWebhook = None,
    job_webhook_secret_file: options.JobWebhookSecretFile = None,
    upload_timeout: options.UploadTimeout = None,
    judge_timeout: options.JudgeTimeout = None,
    grace: options.Grace = None,
    require_key: options.RequireKey = None,
    rate_limit: options.RateLimit = None,
    cors_origins: options.CorsOrigins = None,
    allowed_hosts: options.AllowedHosts = None,
    root_path: options.RootPath = None,
    trusted_proxies: options.TrustedProxies = None,
    trust: options.Trust = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
) -> None:
    """Serve the page and the REST API.

    Examples:

      unmask serve                     # for this machine only: http://127.0.0.1:8000
      unmask serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem  # for other machines, with API keys
      unmask serve --add-key newsroom  # create an API key and print it once
      unmask serve --purge 30          # delete history, feedback and jobs older than 30 days

    Every option can also be set as UNMASK_… in the environment, or in the table `serve` of a TOML file.
    """
    from unmask.web.settings import resolve, table

    settings = resolve(ctx.params, os.environ, config)
    if show_settings:
        sys.stdout.write(json.dumps({row.name: getattr(settings, row.name) for row in table()}, indent=2) + "\n")
        return
    require_web_app()
    if add_key or revoke_key or keys or purge is not None:
        _administer(settings, add_key, revoke_key, keys, purge)
        return
    from unmask.web.server import serve

    serve(settings)


def require_web_app() -> None:
    """Check that the libraries of the web app are installed.

    Raises:
        MissingExtra: one of them is not.
    """
    if any(find_spec(module) is None for module in REQUIRED_MODULES):
        raise MissingExtra("the web app", "web")


def _administer(settings: Settings, add_key: str | None, revoke_key: str | None, keys: bool, purge: int | None) -> None:
    """Add, revoke and list keys, and delete old data."""
    from unmask.web.store import Store
    from unmask.web.store import keys as key_store

    store = Store.open(settings.url)
    try:
        if add_key:
            sys.stdout.write(store.write(key_store.add, add_key) + "\n")
            sys.stderr.write("Keep this key: it is not shown again.\n")
        if revoke_key:
            store.write(key_store.revoke, revoke_key)
        if keys:
            sys.stdout.writelines(f"{name}  {day}\n" for name, day in store.read(key_store.list_keys))
        if purge is not None:
            _purge(settings, store, purge)
    finally:
        store.close()


def _purge(settings: Settings, store: Store, days: int) -> None:
    from unmask.web.files import PictureStore, Spool
    from unmask.web.retention import delete_expired

    spool, pictures = Spool(settings.folder / "spool"), PictureStore(settings.folder / "pictures")
    deleted = delete_expired(store, spool, pictures, days)
    sys.stdout.write(f"deleted {deleted['verdicts']} verdicts and {deleted['jobs']} jobs older than {days} days\n")
