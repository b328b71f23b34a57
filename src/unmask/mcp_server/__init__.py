"""The Model Context Protocol server: detection, explanation, reports and folder scans as tools for agents.

Only `unmask.mcp_server.server` imports the SDK.
"""

from __future__ import annotations

from unmask.mcp_server.image_input import ImageInput
from unmask.mcp_server.tools import Answer, Tools

__all__ = ["Answer", "ImageInput", "Tools"]
