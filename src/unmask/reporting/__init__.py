"""What people look at: annotated pictures and self-contained pages."""
