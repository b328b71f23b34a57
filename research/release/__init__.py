"""Making and releasing the shipped models."""
