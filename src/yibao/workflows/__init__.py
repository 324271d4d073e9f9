"""Use cases that cross domains, one file each, read top to bottom."""
