"""The server with the client of the official SDK: in this process, on stdin and stdout, and over HTTP."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client, StdioServerParameters, stdio_client

from tests.conftest import MODEL, Run
from tests.web.event_loop import run_in_new_loop
from unmask.mcp_server import Tools
from unmask.mcp_server.server import make_server

TOOL_NAMES = ["detect", "explain", "report", "scan_folder", "compare_records"]


def with_client(server: Any, use: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with Client(server) as client:
            return await use(client)

    return run_in_new_loop(main())


def test_all_tools_are_listed_as_read_only_with_descriptions(tools: Tools) -> None:
    async def use(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == TOOL_NAMES
        for tool in listed:
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            for name, schema in tool.input_schema["properties"].items():
                assert schema["description"], f"{tool.name}: {name}"

    with_client(make_server(tools), use)


def test_results_are_text_and_structured_content(tools: Tools, folder: Path) -> None:
    data = base64.b64encode((folder / "a.jpg").read_bytes()).decode("ascii")

    async def use(client: Client) -> None:
        by_path = await client.call_tool("detect", {"path": "a.jpg"})
        by_data = await client.call_tool("detect", {"base64": data})
        assert by_path.structured_content["label"] == by_data.structured_content["label"]  # type: ignore[index]
        assert "estimate" in by_path.content[0].text  # type: ignore[union-attr]
        explained = await client.call_tool("explain", {"path": "a.jpg"})
        assert [block.type for block in explained.content] == ["text", "image"]

    with_client(make_server(tools), use)


def test_errors_are_results_that_an_agent_can_read(tools: Tools) -> None:
    async def use(client: Client) -> None:
        for arguments, start in (
            ({"path": "/etc/hostname"}, "usage: /etc/hostname: lies outside"),
            ({"path": "missing.jpg"}, "missing_file:"),
            ({"path": "c.jpg"}, "not_an_image:"),
        ):
            result = await client.call_tool("detect", arguments)
            assert result.is_error
            assert result.content[0].text.startswith(start)  # type: ignore[union-attr]

    with_client(make_server(tools), use)


def test_a_folder_scan_reports_progress(tools: Tools) -> None:
    async def use(client: Client) -> list[float]:
        steps: list[float] = []

        async def on_progress(done: float, total: float | None, message: str | None) -> None:
            steps.append(done)

        result = await client.call_tool("scan_folder", {"folder": "."}, progress_callback=on_progress)
        assert result.structured_content["next_cursor"] is None  # type: ignore[index]
        return steps

    assert with_client(make_server(tools), use) == [1, 2, 3]


@pytest.mark.integration
def test_an_agent_starts_the_command_and_talks_on_stdin_and_stdout(folder: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "unmask", "mcp", "--allow", str(folder), "--model", MODEL]
    )

    async def use(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == TOOL_NAMES
        result = await client.call_tool("detect", {"path": "a.jpg"})
        assert result.structured_content["label"] == "real"  # type: ignore[index]

    with_client(stdio_client(command), use)


@pytest.mark.integration
def test_streamable_http_serves_the_same_tools_on_the_loopback_address(folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "unmask", "mcp", "--http", "--port", str(port), "--model", MODEL]
    process = subprocess.Popen([*command, "--allow", str(folder)], stderr=subprocess.DEVNULL, env={**os.environ})
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)

        async def use(client: Client) -> None:
            assert [tool.name for tool in (await client.list_tools()).tools] == TOOL_NAMES
            result = await client.call_tool("detect", {"path": "sub/b.jpg"})
            assert not result.is_error

        with_client(f"http://127.0.0.1:{port}/mcp", use)
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_bad_folder_ends_the_command(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("mcp", "--allow", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "is not a folder" in done.stderr
