"""The application factory: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import HTMLResponse

from unmask._version import __version__
from unmask.web import logs
from unmask.web.access_control import AccessControlMiddleware, ProblemCorsMiddleware
from unmask.web.api import routers
from unmask.web.api.openapi import wire_form
from unmask.web.http_middleware import ContentEncodingMiddleware, HeadMiddleware, RootPathMiddleware
from unmask.web.job_notifier import JobNotifier, open_webhook
from unmask.web.job_worker import JobWorker
from unmask.web.metrics import Metrics
from unmask.web.model_reload import watch_models
from unmask.web.pages import LANGUAGE_COOKIE, PATHS, Page, choose_language, render
from unmask.web.parent_watch import stop_with_parent
from unmask.web.problem_details import add_exception_handlers
from unmask.web.request_middleware import RequestMiddleware
from unmask.web.services import Services
from unmask.web.settings import Settings, table
from unmask.web.store.keys import owner_of

SETTINGS_VARIABLE = "UNMASK_SERVE_SETTINGS"
"""Environment variable through which the parent process passes the settings to its server processes."""
RETENTION_SECONDS = 3600.0
DESCRIPTION = (
    "Classifies face pictures as real or fake, with a calibrated probability and the evidence. "
    "Pictures stay on this server."
)
log = logging.getLogger("unmask.web")


def create_app(settings: Settings | None = None, run_id: str | None = None) -> FastAPI:
    """Create the page and the REST API. The model and the database are opened when the application starts.

    Args:
        settings: the server's settings; the defaults if None.
        run_id: id of this start of the server, the same for all of its processes; a new id if None.
    """
    settings, run_id = settings or Settings(), run_id or secrets.token_hex(16)
    metrics = Metrics()
    app = FastAPI(
        title="unmask",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan(settings, metrics, run_id),
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    add_exception_handlers(app)
    app.state.routes = [route for router in routers() for route in router.routes]
    for router in routers():
        app.include_router(router)
    _add_page(app)
    _use_wire_form(app)
    _add_middleware(app, settings, metrics)
    return app


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add the middleware, from the innermost to the outermost."""
    app.add_middleware(HeadMiddleware)
    app.add_middleware(ContentEncodingMiddleware)
    app.add_middleware(
        AccessControlMiddleware,
        settings=settings,
        owner_of=lambda key: app.state.services.store.read(owner_of, key),
    )
    if settings.cors_origins:
        app.add_middleware(
            ProblemCorsMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID"],
            expose_headers=["Content-Disposition", "Location", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(RequestMiddleware, metrics=metrics)
    if settings.root_path.strip("/"):
        app.add_middleware(RootPathMiddleware, root_path=settings.root_path)


def from_environment() -> FastAPI:
    """Create the application of a server process from the settings and the run id that its parent passes."""
    logs.configure()
    given: dict[str, Any] = json.loads(os.environ[SETTINGS_VARIABLE])
    settings = {row.name: row.parse(given["settings"][row.name], row.name) for row in table()}
    return create_app(Settings(**settings), given["run_id"])


def to_environment(settings: Settings) -> str:
    """The value that `from_environment` reads: the settings, and a new run id."""
    return json.dumps(
        {"run_id": secrets.token_hex(16), "settings": {row.name: getattr(settings, row.name) for row in table()}}
    )


def _lifespan(settings: Settings, metrics: Metrics, run_id: str) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop_with_parent()
        services = await asyncio.to_thread(Services.open, settings, metrics, run_id)
        app.state.services = services
        services.startup_checks.start()
        _watch_signals(services)
        worker, retention = JobWorker(services), asyncio.create_task(_delete_expired_hourly(services))
        models = asyncio.create_task(watch_models(services))
        worker.start()
        webhook = open_webhook(settings)
        notifier = JobNotifier(services, webhook) if webhook else None
        if notifier:
            notifier.start()
        log.info("ready")
        yield
        retention.cancel()
        models.cancel()
        await worker.stop()
        if notifier:
            await notifier.stop()
        await asyncio.to_thread(services.close)
        log.info("stopped")

    return lifespan


def _watch_signals(services: Services) -> None:
    """Set `services.stopping` on SIGTERM and SIGINT, so that open streams end before the application closes."""
    loop = asyncio.get_running_loop()

    def chained(previous: Any) -> Callable[[int, Any], None]:
        def handler(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(services.stopping.set)
            if callable(previous):
                previous(number, frame)

        return handler

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):
            signal.signal(number, chained(signal.getsignal(number)))


async def _delete_expired_hourly(services: Services) -> None:
    while True:
        try:
            deleted = await asyncio.to_thread(services.delete_expired)
            log.info("retention", extra={"count": sum(deleted.values())})
        except Exception:
            log.exception("retention failed; trying again in an hour")
        await asyncio.sleep(RETENTION_SECONDS)


def _add_page(app: FastAPI) -> None:
    """Serve the pages and their static files."""
    static = Path(str(files("unmask.web").joinpath("static")))
    for path, page in PATHS.items():
        app.add_api_route(path, _handler(page), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=static), name="static")


def _handler(page: Page) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def respond(request: Request) -> HTMLResponse:
        accepted, chosen = request.headers.get("accept-language", ""), request.cookies.get(LANGUAGE_COOKIE)
        return HTMLResponse(
            render(page, choose_language(accepted, chosen)), headers={"Vary": "Accept-Language, Cookie"}
        )

    return respond


def _use_wire_form(app: FastAPI) -> None:
    """Make the OpenAPI description match the wire form; see `wire_form`."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = wire_form(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
