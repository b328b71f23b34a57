"""The version of the package, which pyproject.toml reads from here, and what pip installs."""

__version__ = "0.1.0"

INSTALL_SOURCE = "."
"""What pip installs: `.` in a checkout, `unmask` from a package index.

A release to an index changes this line and the documentation: `sed -i "s/'\\.\\[/'unmask[/" docs/*.md`;
`tests/test_install.py` compares them.
"""


def install_command(extra: str) -> str:
    """The command that installs an optional part, such as `pip install '.[web]'`."""
    place = " in the checkout of unmask" if INSTALL_SOURCE == "." else ""
    return f"pip install '{INSTALL_SOURCE}[{extra}]'{place}"
