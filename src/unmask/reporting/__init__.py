"""Reports: annotated pictures, and self-contained pages and PDF files on pictures, clips and scans."""
