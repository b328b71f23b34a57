"""Self-contained HTML pages and SVG charts, without scripts and without a template engine."""
