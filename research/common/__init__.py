"""Helpers that several studies use."""
