"""Finds the faces of a picture."""
