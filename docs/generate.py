"""Write the generated pages of docs/, or with --check compare them: `python docs/generate.py [--check]`."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parent
GENERATORS: Final = (
    "generate_requirements",
    "generate_commands",
    "generate_gateway",
    "generate_client",
    "generate_coverage",
)
"""Modules of this folder with `pages() -> dict[Path, str]`."""


def pages() -> dict[Path, str]:
    """Ask every generator that is there for its pages."""
    found: dict[Path, str] = {}
    for name in GENERATORS:
        if (DOCS / f"{name}.py").exists():
            found |= importlib.import_module(name).pages()
    return found


def stale(made: dict[Path, str]) -> list[Path]:
    """List the pages whose file is missing or says something else."""
    return [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str] | None = None) -> int:
    """Write the pages that changed; with --check write nothing, name them, and return 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 naming stale pages")
    check: bool = parser.parse_args(arguments).check
    made = pages()
    changed = stale(made)
    for path in changed:
        if not check:
            path.write_text(made[path], encoding="utf-8")
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(DOCS.parent)}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
