"""The application: settings in, an ASGI application out."""

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
from starlette.responses import FileResponse

import unmask
from unmask.web import problems, schemas
from unmask.web.access_control import AccessControl, Cors
from unmask.web.api import routers
from unmask.web.job_worker import JobWorker
from unmask.web.metrics import Metrics
from unmask.web.request_middleware import RequestMiddleware
from unmask.web.services import Services
from unmask.web.settings import Settings, table
from unmask.web.store.keys import owner_of

HANDOVER = "UNMASK_SERVE_SETTINGS"
"""Environment variable in which a server process finds what its parent decided."""
RETAIN_SECONDS = 3600.0
ABOUT = "Tells whether face pictures are real or deepfakes, how sure that is, and why. Pictures stay on this server."
log = logging.getLogger("unmask.web")


def create_app(settings: Settings | None = None, run: str | None = None) -> FastAPI:
    """The page and the REST API. The model is loaded and the database opened when the application starts.

    Args:
        settings: of the server; the defaults if None.
        run: names the start of the server, for all of its processes alike; a new name if None.
    """
    settings, run = settings or Settings(), run or secrets.token_hex(16)
    metrics = Metrics()
    app = FastAPI(
        title="unmask",
        version=unmask.__version__,
        description=ABOUT,
        lifespan=_lifespan(settings, metrics, run),
        docs_url=None,
        redoc_url=None,
        root_path=settings.root_path,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    app.state.routes = [route for router in routers() for route in router.routes]
    for router in routers():
        app.include_router(router)
    _add_page(app)
    _describe_problems(app)
    app.add_middleware(
        AccessControl, settings=settings, owner_of=lambda key: app.state.services.store.read(owner_of, key)
    )
    if settings.cors_origins:
        app.add_middleware(
            Cors,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID"],
            expose_headers=["Content-Disposition", "Location", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(RequestMiddleware, metrics=metrics)
    return app


def from_environment() -> FastAPI:
    """The application of a server process: its parent hands over the settings and the name of this start."""
    given: dict[str, Any] = json.loads(os.environ[HANDOVER])
    settings = {row.name: row.read(given["settings"][row.name], row.name) for row in table()}
    return create_app(Settings(**settings), given["run"])


def hand_over(settings: Settings) -> str:
    """What `from_environment` reads: the settings, and a new name for this start of the server."""
    return json.dumps(
        {"run": secrets.token_hex(16), "settings": {row.name: getattr(settings, row.name) for row in table()}}
    )


def _lifespan(settings: Settings, metrics: Metrics, run: str) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await asyncio.to_thread(Services.open, settings, metrics, run)
        app.state.services = services
        _note_stop(services)
        runner, caretaker = JobWorker(services), asyncio.create_task(_retain(services))
        runner.start()
        log.info("ready")
        yield
        caretaker.cancel()
        await runner.stop()
        await asyncio.to_thread(services.close)
        log.info("stopped")

    return lifespan


def _note_stop(services: Services) -> None:
    """Let streams end as soon as the server is told to stop: it waits for them before it closes the application."""
    loop = asyncio.get_running_loop()

    def also(previous: Any) -> Callable[[int, Any], None]:
        def handler(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(services.stopping.set)
            if callable(previous):
                previous(number, frame)

        return handler

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):
            signal.signal(number, also(signal.getsignal(number)))


async def _retain(services: Services) -> None:
    """Once an hour, delete what is older than the settings allow."""
    while True:
        try:
            deleted = await asyncio.to_thread(services.retain)
            log.info("retention", extra={"count": sum(deleted.values())})
        except Exception:
            log.exception("retention failed; trying again in an hour")
        await asyncio.sleep(RETAIN_SECONDS)


def _add_page(app: FastAPI) -> None:
    """The page itself: one HTML file, and what it loads."""
    static = Path(str(files("unmask.web").joinpath("static")))

    async def page() -> FileResponse:
        return FileResponse(static / "index.html")

    handler: Callable[[], Awaitable[FileResponse]] = page
    app.add_api_route("/", handler, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=static), name="static")


def _describe_problems(app: FastAPI) -> None:
    """Every error of the description in the form it really has."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            components["Problem"] = schemas.Problem.model_json_schema()
            components.pop("HTTPValidationError", None)
            components.pop("ValidationError", None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
