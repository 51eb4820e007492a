"""Runs as data: read from their folders, as rows and tables, and written for other programs."""
