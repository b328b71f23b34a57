"""Make a folder that can be pushed to a Hugging Face Space: the Gradio app, its README, and the wheel of unmask.

pip install build
python examples/make_space.py OUT
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent


def main(out: Path, *options: str) -> None:
    """Write the folder `out`; `options` are passed to `python -m build`."""
    shutil.copytree(EXAMPLES / "space", out, dirs_exist_ok=True)
    shutil.copy(EXAMPLES / "gradio_app.py", out / "app.py")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), *options, str(EXAMPLES.parent)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    (wheel,) = out.glob("unmask-*.whl")
    (out / "requirements.txt").write_text(f"./{wheel.name}\n", "utf-8")
    print(f"{out}: ready; push it to the repository of a Space with the SDK gradio")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
