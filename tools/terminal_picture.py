"""Draw the terminal output of commands as an SVG image that needs no external fonts or other resources.

python -m tools.terminal_picture OUT.svg "unmask detect a.jpg" ["unmask …"]
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 118
CURSOR_CODES = re.compile(r"\x1b\[\?25[hl]")
"""Codes that hide and show the cursor."""
LOCAL_FONTS = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def main() -> None:
    """Run each command and draw it with its output, without progress bars."""
    target, *commands = sys.argv[1:]
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    terminal = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "COLUMNS": str(WIDTH), "TTY_INTERACTIVE": "0"}
    environment = {**os.environ, **terminal}
    for command in commands:
        console.print(Text.assemble(("$ ", "bold green"), command))
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, env=environment, check=False)
        output = CURSOR_CODES.sub("", done.stdout + done.stderr)
        console.print(Text.from_ansi(f"{output.strip()}\n"))
    Path(target).write_text(console.export_svg(title="unmask", code_format=LOCAL_FONTS), "utf-8")


if __name__ == "__main__":
    main()
