"""The detector in the browser: a static site and a browser extension that need no server."""

from __future__ import annotations

from unmask.site.export_extension import export_extension
from unmask.site.export_site import export_site

__all__ = ["export_extension", "export_site"]
