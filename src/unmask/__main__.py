"""Runs the command line: `python -m unmask`."""

from __future__ import annotations

from unmask.cli import main

if __name__ == "__main__":
    main()
