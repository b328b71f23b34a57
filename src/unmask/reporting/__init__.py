"""Reports: annotated images, and self-contained pages and PDF files on images, clips and scans."""
