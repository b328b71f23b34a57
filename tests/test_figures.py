"""What README and MODEL_CARD claim is what the cards inside the shipped files say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_tables_of_figures_are_the_cards() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "figures.py"), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
