"""Run every benchmark, one after the other, and print what they print; docs/benchmarks.md keeps the figures.

make bench
python bench/run.py kernel codec        # only these
"""

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
RUNS = {
    "kernel": ("kernel.py",),
    "bulk": ("bulk.py",),
    "openfisca": ("openfisca.py",),
    "codec": ("codec.py",),
    "vouchers": ("vouchers.py",),
    "simulate": ("simulate.py",),
    "reconcile": ("reconcile.py",),
    "circulation": ("circulation.py",),
    "downloads": ("downloads.py",),
    "pressure": ("pressure.py",),
    "gateway": ("gateway.py", "--history", "10000"),
    "gateway-tif": ("gateway.py", "--history", "10000", "--items", "200000", "--scheme", "tif"),
    "gateway-sm2": ("gateway.py", "--history", "10000", "--scheme", "sm2"),
    "gateway-million": ("gateway.py", "--history", "1000000"),
}


def main() -> int:
    """Run those that are named, or all; the exit code is that of the first that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(RUNS)}; all of them if none is named")
    names: list[str] = parser.parse_args().names
    if unknown := set(names) - set(RUNS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    for name in names or RUNS:
        print(f"\n## {name}\n", flush=True)
        script, *options = RUNS[name]
        done = subprocess.run([sys.executable, str(FOLDER / script), *options], check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
