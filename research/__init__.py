"""Training and studies of the shipped models; not in the wheel. Run as `python -m research.NAME` from a checkout."""
