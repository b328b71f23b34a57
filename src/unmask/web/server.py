"""Runs the server: checks before the start, then uvicorn with one or several processes."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from unmask.card_reader import read_card
from unmask.errors import UsageError
from unmask.signals.provenance import read_anchors
from unmask.web import logs
from unmask.web.app import SETTINGS_VARIABLE, to_environment
from unmask.web.job_notifier import open_webhook
from unmask.web.metrics import MULTIPROCESS
from unmask.web.settings import Settings
from unmask.web.store import Store, keys


def serve(settings: Settings) -> None:
    """Run the server until it receives a signal to stop.

    Raises:
        UnmaskError: see `check_startup`.
    """
    check_startup(settings)
    config = _uvicorn_config(settings)
    scheme = "https" if config.is_ssl else "http"
    sys.stderr.write(f"unmask: loading the model, then listening on {scheme}://{_address(settings)} (Ctrl-C stops)\n")
    logs.configure()
    os.environ[SETTINGS_VARIABLE] = to_environment(settings)
    if settings.workers == 1:
        uvicorn.Server(config).run()
        return
    with tempfile.TemporaryDirectory(prefix="unmask-metrics-") as folder:
        os.environ[MULTIPROCESS] = folder
        Multiprocess(config, sockets=[config.bind_socket()]).run()


def _address(settings: Settings) -> str:
    """Host and port as in a URL: an IPv6 address in brackets."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def check_startup(settings: Settings) -> None:
    """Check model, certificates, database and port before the server starts.

    Raises:
        UnmaskError: one of them cannot be used; the message states which, and what to do.
    """
    read_card(settings.model)
    if settings.trust:
        read_anchors(Path(settings.trust))
    for file in filter(None, (settings.tls_cert, settings.tls_key)):
        if not Path(file).is_file():
            raise UsageError(f"{file}: no such file")
    open_webhook(settings)
    store = Store.open(settings.url)
    if settings.keys_required and not store.read(keys.list_keys):
        sys.stderr.write("unmask: no API key exists; create one: unmask serve --add-key NAME\n")
    store.close()
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.create_server((settings.host, settings.port), family=family):
            return
    except OSError as error:
        raise UsageError(
            f"cannot listen on {_address(settings)} ({error.strerror}); choose another address with --host or --port"
        ) from None


def _uvicorn_config(settings: Settings) -> uvicorn.Config:
    secure = bool(settings.tls_cert)
    return uvicorn.Config(
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
