"""The protocol side: registers the tools with the official SDK and runs a transport. Needs the extra `mcp`."""

from __future__ import annotations

import base64 as base64_codec
from collections.abc import Callable
from typing import Annotated, Any

from unmask._version import __version__
from unmask.errors import MissingExtra, UnmaskError
from unmask.mcp_server.tools import MAX_PAGE, Answer, Tools

try:
    import anyio.from_thread
    from mcp.server.mcpserver import Context, MCPServer
    from mcp_types import CallToolResult, ImageContent, TextContent, ToolAnnotations
    from pydantic import Field
except ImportError:
    raise MissingExtra("the MCP server", "mcp") from None

INSTRUCTIONS = (
    "Tools that estimate whether faces in pictures are real or fake (deepfakes). Labels: real, fake, unsure, no_face. "
    "unsure is a result: do not turn it into real or fake. Pass caution and limits on to people together with a label. "
    "Start with detect. Call report for evidence beside the score, explain for a heat map, scan_folder for a folder."
)
"""How an agent should use the tools."""

PathArgument = Annotated[str | None, Field(description="Path of the picture inside an allowed folder.")]
DataArgument = Annotated[str | None, Field(description="Bytes of the picture file in base64, instead of path.")]
UrlArgument = Annotated[str | None, Field(description="Address of the picture, if the server may load it.")]
WholeArgument = Annotated[bool, Field(description="Judge the whole picture if no face is found.")]
MethodArgument = Annotated[str | None, Field(description="cam, occlusion or lime; by default the model's own.")]
FolderArgument = Annotated[str, Field(description="A folder inside an allowed folder.")]
CursorArgument = Annotated[str | None, Field(description="next_cursor of the page before.")]
PageArgument = Annotated[int, Field(description="Pictures per page.", ge=1, le=MAX_PAGE)]
RecordArgument = Annotated[str, Field(description="A picture, or a record file of `unmask detect --record`.")]


def make_server(tools: Tools) -> MCPServer[Any]:
    """The server with its tools."""
    server: MCPServer[Any] = MCPServer("unmask", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")

    def detect(
        path: PathArgument = None,
        base64: DataArgument = None,
        url: UrlArgument = None,
        whole_picture: WholeArgument = False,
    ) -> CallToolResult:
        """Judge one picture: label, probability of fake, caution and thresholds."""
        return _result(lambda: tools.detect(path, base64, url, whole_picture=whole_picture))

    def explain(
        path: PathArgument = None, base64: DataArgument = None, url: UrlArgument = None, method: MethodArgument = None
    ) -> CallToolResult:
        """Judge one picture and return a heat map per face: where the evidence for its label lies."""
        return _result(lambda: tools.explain(path, base64, url, method=method))

    def report(path: PathArgument = None, base64: DataArgument = None, url: UrlArgument = None) -> CallToolResult:
        """Judge one picture and list signals beside the score: metadata, Content Credentials, JPEG, spectrum."""
        return _result(lambda: tools.report(path, base64, url))

    def scan_folder(
        folder: FolderArgument, ctx: Context[Any], cursor: CursorArgument = None, page_size: PageArgument = 20
    ) -> CallToolResult:
        """Judge the pictures below a folder, one page per call; pass next_cursor to get the next page."""

        def progress(done: int, total: int) -> None:
            anyio.from_thread.run(ctx.report_progress, done, total)

        return _result(lambda: tools.scan_folder(folder, cursor=cursor, page_size=page_size, progress=progress))

    def compare_records(first: RecordArgument, second: RecordArgument) -> CallToolResult:
        """Compare the records of two pictures, or two record files: bytes, model, settings, labels and scores."""
        return _result(lambda: tools.compare_records(first, second))

    hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=tools.images.fetch)
    for function in (detect, explain, report, scan_folder, compare_records):
        server.add_tool(function, annotations=hints)
    return server


def _result(call: Callable[[], Answer]) -> CallToolResult:
    """Calls a tool; an error of unmask becomes an error result with its code and message."""
    try:
        answer = call()
    except UnmaskError as error:
        return CallToolResult(content=[TextContent(text=f"{error.code}: {error.message}")], is_error=True)
    content: list[Any] = [TextContent(text=answer.text)]
    if answer.png:
        data = base64_codec.b64encode(answer.png).decode("ascii")
        content.append(ImageContent(data=data, mime_type="image/png"))
    return CallToolResult(content=content, structured_content=answer.content)


def serve_stdio(tools: Tools) -> None:
    """Serves on stdin and stdout until stdin ends."""
    make_server(tools).run("stdio")


def serve_http(tools: Tools, port: int) -> None:
    """Serves streamable HTTP at `http://127.0.0.1:PORT/mcp`; requests with another Host header are rejected."""
    make_server(tools).run("streamable-http", host="127.0.0.1", port=port)
