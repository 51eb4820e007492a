"""Reports as HTML pages that need no network: one run, several compared, a sweep."""
