"""Scans on more than one machine."""
