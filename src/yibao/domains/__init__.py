"""Records and their life: Django apps on a ladder; see the contracts in pyproject.toml."""
