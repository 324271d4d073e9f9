"""Every command and every setting stands in docs/."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"\bYIBAO_[A-Z0-9_]*[A-Z0-9]\b")


@pytest.fixture(scope="module")
def generator() -> Any:
    """The generator of the pages: it and these tests walk the commands in the same way."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate_commands
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return generate_commands


def variables(texts: Iterable[str]) -> set[str]:
    """Find the environment variables of yibao that some texts name."""
    return {found for text in texts for found in VARIABLE.findall(text)}


class TestCommands:
    @pytest.fixture
    def commands(self, generator: Any) -> dict[str, Any]:
        from yibao.interfaces.commands import app

        return dict(generator.walk(typer.main.get_command(app)))

    def test_each_has_its_section(self, commands: dict[str, Any]) -> None:
        page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").splitlines()
        assert [path for path in commands if f"## `{path}`" not in page] == []

    def test_each_says_what_it_does(self, commands: dict[str, Any]) -> None:
        assert [path for path, command in commands.items() if not (command.help or "").strip()] == []

    def test_each_option_says_what_it_means(self, commands: dict[str, Any]) -> None:
        silent = [
            f"{path} {parameter.name}"
            for path, command in commands.items()
            for parameter in command.params
            if not (getattr(parameter, "help", None) or getattr(parameter, "hidden", False))
        ]
        assert not silent, "\n".join(silent)

    def test_those_of_the_first_issue_exist(self, commands: dict[str, Any]) -> None:
        asked = "serve, demo, city make, city play, city report, db start, db stop, db status, db backup, db restore"
        more = "policy check, policy show, benefits settle, ledger verify"
        assert {f"yibao {name}" for name in f"{asked}, {more}".split(", ")} - set(commands) == set()


class TestSettings:
    def test_each_variable_that_is_read_is_documented(self, sources: list[Any]) -> None:
        documented = variables(
            path.read_text(encoding="utf-8")
            for path in (ROOT / "docs" / "operating.md", ROOT / "docs" / "settings.md")
            if path.exists()
        )
        assert variables(source.text for source in sources) - documented == set()

    def test_each_documented_variable_is_read(self, sources: list[Any]) -> None:
        page = variables([(ROOT / "docs" / "settings.md").read_text(encoding="utf-8")])
        assert page - variables(source.text for source in sources) == set()

    def test_a_variable_is_seen(self) -> None:
        assert variables(['os.environ["YIBAO_SHELF_2"]', "xYIBAO_NO", "YIBAO_*"]) == {"YIBAO_SHELF_2"}


class TestGeneratingPages:
    @pytest.fixture
    def shelf(self) -> typer.Typer:
        app = typer.Typer(help="Look after shelves.")

        @app.command(epilog="yibao fill 3 --with tea")
        def fill(
            number: int = typer.Argument(help="Which shelf."),
            good: str = typer.Option("tea", "--with", help="What | to put there."),
        ) -> None:
            """Fill a shelf."""

        @app.command(hidden=True)
        def burn() -> None:
            """Burn it."""

        @app.command()
        def empty() -> None:
            """Empty it.

            $ yibao empty
            """

        return app

    def test_commands(self, generator: Any, shelf: typer.Typer) -> None:
        page = generator.render_commands(typer.main.get_command(shelf))
        assert "## `yibao fill`\n\nFill a shelf.\n\n```\nyibao fill [OPTIONS] NUMBER\n```" in page
        assert "| `--with` | `tea` | What \\| to put there. |" in page
        assert "```console\nyibao fill 3 --with tea\n```" in page
        assert "```console\n$ yibao empty\n```" in page
        assert "burn" not in page

    def test_settings(self, generator: Any) -> None:
        page = generator.render_settings({"YIBAO_SHELF": ("3", "架", "the shelf"), "YIBAO_TEA": ("", "茶", "the tea")})
        assert page.endswith("| `YIBAO_SHELF` | `3` | 架 | the shelf |\n| `YIBAO_TEA` |  | 茶 | the tea |\n")

    def test_what_is_not_built_yet_is_left_out_but_what_is_broken_is_not(
        self,
        generator: Any,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "yibao_broken_room.py").write_text("import no_such_module_at_all\n")
        monkeypatch.syspath_prepend(tmp_path)
        assert generator.attribute_of("yibao.no_such_room.at_all", "app") is None
        assert generator.attribute_of("yibao.core.money", "no_such_name") is None
        with pytest.raises(ImportError):
            generator.attribute_of("yibao_broken_room", "app")
