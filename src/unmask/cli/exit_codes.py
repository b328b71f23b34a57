"""The exit codes of all commands. Click itself exits with 2 on a usage error."""

from __future__ import annotations

NOTHING_JUDGED = 1
"""No picture could be judged."""
CHECK_FAILED = 1
"""A check failed: an audit, a model card, an evidence record, the installation."""
FAKE_FOUND = 3
"""A fake was found and `--fail-on fake` was given."""
SOME_FAILED = 4
"""Some pictures could not be judged."""
CHANGED = 5
"""Results changed: labels of re-judged pictures, or the stream that `unmask drift` watches."""
UNDECIDED = 6
"""There are too few pictures to decide on a promotion."""
INTERRUPTED = 130
"""Ctrl-C or SIGTERM ended the command."""
