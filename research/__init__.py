"""How the shipped models are made and studied. Not part of the wheel; run from a checkout as `python -m research.NAME`."""
