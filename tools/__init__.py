"""Generators of documentation: tables from model cards, reference pages, pictures of the terminal and the web page."""
