"""The generated pages are written, compared and named as `make docs` and `make check` promise."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generator over two pages of a folder of its own: one is fresh, one is stale."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import generate

    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "fresh.md").write_text("tea\n")
    (docs / "stale.md").write_text("tea\n")
    monkeypatch.setattr(generate, "DOCS", docs)
    monkeypatch.setattr(generate, "pages", lambda: {docs / "fresh.md": "tea\n", docs / "stale.md": "coffee\n"})
    yield generate
    sys.modules.pop("generate", None)


def test_check_names_what_is_stale_and_writes_nothing(generate: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: docs/stale.md\n"
    assert (generate.DOCS / "stale.md").read_text() == "tea\n"


def test_writing_makes_the_check_pass(generate: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([]) == 0
    assert capsys.readouterr().out == "written: docs/stale.md\n"
    assert (generate.DOCS / "stale.md").read_text() == "coffee\n"
    assert generate.main(["--check"]) == 0


def test_a_page_that_was_never_written_is_stale(generate: Any) -> None:
    (generate.DOCS / "fresh.md").unlink()
    assert [path.name for path in generate.stale(generate.pages())] == ["fresh.md", "stale.md"]


def test_every_generator_in_the_folder_is_asked() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate import GENERATORS
    finally:
        sys.path.remove(str(ROOT / "docs"))
    assert {path.stem for path in (ROOT / "docs").glob("generate_*.py")} == set(GENERATORS)
