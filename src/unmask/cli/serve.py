"""`unmask serve`: the page and the REST API."""

from __future__ import annotations

import inspect
import json
import os
import socket
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.errors import MissingExtra, UsageError
from unmask.web.settings import Row, Settings, resolve, table

if TYPE_CHECKING:
    from uvicorn import Config

NEEDED = ("fastapi", "uvicorn", "sqlalchemy", "alembic", "python_multipart", "prometheus_client")
EXAMPLES = """Serve the page and the REST API.

Examples:

  unmask serve                                     for this machine only: http://127.0.0.1:8000

  unmask serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem      for others, with API keys

  unmask serve --add-key newsroom                  make an API key, show it once

  unmask serve --purge 30                          delete history, feedback and jobs older than 30 days

Every option can also be set as UNMASK_… in the environment, or in the table `serve` of a TOML file.
"""


def _option(row: Row) -> inspect.Parameter:
    """A setting as a parameter of the command."""
    help_text = f"{row.about} [{row.variable}]"
    names = (f"{row.flag}/--no-{row.flag[2:]}",) if row.kind is bool else (row.flag,)
    default = row.shown_default or False
    option = typer.Option(*names, help=help_text, show_default=default, rich_help_panel="Settings")
    kind = str if row.kind is tuple else row.kind
    return inspect.Parameter(
        row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _own(name: str, kind: Any, default: Any, **texts: Any) -> inspect.Parameter:
    option = typer.Option("--" + name.replace("_", "-"), **texts)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _signature() -> inspect.Signature:
    """The command's options: its own, and one for each setting."""
    own = [
        _own("config", Path | None, None, metavar="FILE", help="Settings file (TOML). [UNMASK_CONFIG]"),
        _own("add_key", str | None, None, metavar="NAME", help="Make an API key, show it once, and exit."),
        _own("revoke_key", str | None, None, metavar="NAME", help="Delete an API key, and exit."),
        _own("keys", bool, False, help="List the API keys, and exit."),
        _own(
            "purge",
            int | None,
            None,
            metavar="DAYS",
            min=0,
            help="Delete what is older than DAYS, and exit.",
        ),
        _own("show_settings", bool, False, help="Print the settings in effect as JSON, and exit."),
    ]
    return inspect.Signature([*own, *map(_option, table())])


def run(**options: Any) -> None:
    """Do what the options ask for; see `EXAMPLES`."""
    settings = resolve(options, os.environ, options["config"])
    if options["show_settings"]:
        sys.stdout.write(json.dumps({row.name: getattr(settings, row.name) for row in table()}, indent=2) + "\n")
        return
    if any(find_spec(module) is None for module in NEEDED):
        raise MissingExtra("the web app", "web")
    if options["add_key"] or options["revoke_key"] or options["keys"] or options["purge"] is not None:
        _administer(settings, options)
    else:
        _serve(settings)


run.__doc__ = EXAMPLES
run.__signature__ = _signature()  # type: ignore[attr-defined]


def _administer(settings: Settings, options: dict[str, Any]) -> None:
    """Keys and purging: work on the database, then done."""
    from unmask.web.store import Store, keys

    store = Store.open(settings.url)
    try:
        if options["add_key"]:
            sys.stdout.write(store.write(keys.add, options["add_key"]) + "\n")
            sys.stderr.write("Keep this key: it is not shown again.\n")
        if options["revoke_key"]:
            store.write(keys.revoke, options["revoke_key"])
        if options["keys"]:
            sys.stdout.writelines(f"{name}  {day}\n" for name, day in store.read(keys.names))
        if options["purge"] is not None:
            _purge(settings, store, options["purge"])
    finally:
        store.close()


def _purge(settings: Settings, store: Any, days: int) -> None:
    from unmask.web.files import PictureStore, Spool
    from unmask.web.retention import delete_expired

    spool, pictures = Spool(settings.folder / "spool"), PictureStore(settings.folder / "pictures")
    deleted = delete_expired(store, spool, pictures, days)
    sys.stdout.write(f"deleted {deleted['verdicts']} verdicts and {deleted['jobs']} jobs older than {days} days\n")


def _serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from unmask.web import logs
    from unmask.web.app import SETTINGS_VARIABLE, to_environment
    from unmask.web.metrics import MULTIPROCESS

    _check(settings)
    config = _config(settings)
    scheme = "https" if config.is_ssl else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    sys.stderr.write(f"unmask: loading the model, then listening on {scheme}://{host}:{settings.port} (Ctrl-C stops)\n")
    logs.configure()
    os.environ[SETTINGS_VARIABLE] = to_environment(settings)
    if settings.workers == 1:
        uvicorn.Server(config).run()
        return
    with tempfile.TemporaryDirectory(prefix="unmask-metrics-") as folder:
        os.environ[MULTIPROCESS] = folder
        Multiprocess(config, sockets=[config.bind_socket()]).run()


def _check(settings: Settings) -> None:
    """Find out before the start what would end it: a model, a database, a certificate or a port that cannot be used.

    Raises:
        UnmaskError: one line that says which, and what to do.
    """
    from unmask.detector import read_card
    from unmask.signals.provenance import read_anchors
    from unmask.web.store import Store, keys

    read_card(settings.model)
    if settings.trust:
        read_anchors(Path(settings.trust))
    for file in filter(None, (settings.tls_cert, settings.tls_key)):
        if not Path(file).is_file():
            raise UsageError(f"{file}: no such file")
    store = Store.open(settings.url)
    if settings.keys_required and not store.read(keys.names):
        sys.stderr.write("unmask: there is no API key yet, so nobody can use the server: unmask serve --add-key NAME\n")
    store.close()
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.create_server((settings.host, settings.port), family=family):
            return
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise UsageError(f"cannot listen on {place} ({error.strerror}); choose another with --host or --port") from None


def _config(settings: Settings) -> Config:
    from uvicorn import Config

    secure = bool(settings.tls_cert)
    return Config(
        "unmask.web.app:from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.grace,
        limit_concurrency=4096,
        ssl_certfile=settings.tls_cert if secure else None,
        ssl_keyfile=settings.tls_key if secure else None,
    )
