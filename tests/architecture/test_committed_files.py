"""What is committed runs on every machine: no machine's paths, no package index, nothing that belongs to .yibao."""

import re
import subprocess
from pathlib import Path

import pytest

IGNORED = {".git", ".venv", ".yibao", "build", "dist", "__pycache__", "node_modules"}
BINARY = (".png", ".jpg", ".ico", ".parquet", ".woff2", ".mo", ".xlsx", ".gz")

# Written with a bracket so that this file does not find itself.
EVERYWHERE = {
    "a machine's path": re.compile(r"(?<![\w.~$}])/(?:wor[k]|hom[e]|roo[t]|User[s])/\w"),
    "a package index": re.compile(
        r"pypi\.or[g]/simple|files\.pythonhoste[d]\.org|(?<![\w-])(?:--)?(?:extra-)?index-ur[l][ =]|tuna\.tsinghu[a]|mirrors\.aliyu[n]",
    ),
}
IN_CODE = {"a temporary path": re.compile(r"(?<![\w.~$}])/tm[p]/")}


def committed(root: Path) -> list[Path]:
    """List what is committed; where git is not installed, what lies there and is not ignored."""
    try:
        run = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return [p for p in sorted(root.rglob("*")) if p.is_file() and not IGNORED & set(p.relative_to(root).parts)]
    return [root / name for name in run.stdout.split("\0") if name and (root / name).is_file()]


def findings(name: str, text: str) -> list[str]:
    """Name what a file may not hold, with the lines."""
    patterns = EVERYWHERE if name.endswith(".md") else EVERYWHERE | IN_CODE
    return [
        f"{name}:{number} {what}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in patterns.items()
        if pattern.search(line)
    ]


def test_committed_files_name_no_machine_and_no_index(root: Path) -> None:
    found = []
    for path in committed(root):
        if path.suffix not in BINARY:
            found += findings(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


def test_state_and_caches_are_not_committed(root: Path) -> None:
    names = [path.relative_to(root) for path in committed(root)]
    assert [name for name in names if set(name.parts) & (IGNORED - {"build", "dist"}) or name.suffix == ".pyc"] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", "open('/wor" + "k/x')"),
        ("a.md", "see /hom" + "e/someone"),
        ("a.py", "open('/tm" + "p/x')"),
        ("a.lock", "--index-ur" + "l https://example.org"),
        ("a.toml", "index-ur" + "l = 'x'"),
        ("a.yaml", "https://pypi.or" + "g/simple"),
    ],
)
def test_a_finding_is_seen(name: str, line: str) -> None:
    assert len(findings(name, line)) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.md", "in /tm" + "p/ of the reader"),
        ("Makefile", "pip compile --no-emit-index-ur" + "l x"),
        ("a.py", "api/work/1"),
    ],
)
def test_innocent_lines_are_left_alone(name: str, line: str) -> None:
    assert findings(name, line) == []
