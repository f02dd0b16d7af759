"""Makes full models from public scans and measures them. The clinic's program never imports this."""
