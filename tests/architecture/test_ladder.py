"""Contracts of imports, the ladder of domains for foreign keys, and the fixed files of a domain."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.apps import apps

FIXED_FILES = ("models.py", "queries.py", "operations.py", "admin.py")


@pytest.fixture(scope="module")
def ladder(root: Path) -> dict[str, int]:
    """Rank of every domain, 0 is the top: read from the import contract, so that there is one list."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract.get("containers") == ["yibao.domains"]]
    return {name.strip(): rank for rank, layer in enumerate(layers) for name in re.split(r"[|:]", layer)}


def domain_of(module: str) -> str | None:
    """Name the domain a module stands in: ledger for yibao.domains.ledger.models; None for everything else."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["yibao", "domains"] and len(parts) > 2 else None


def points_wrongly(source: str, target: str, ladder: dict[str, int]) -> bool:
    """Whether a model of module `source` may not point at one of module `target`: only down, or within its domain."""
    here, there = domain_of(source), domain_of(target)
    if here is None:
        return False
    if there is None:
        return target.startswith("yibao.")
    return here != there and ladder[here] >= ladder[there]


def relations(models: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    """Walk all foreign keys and many-to-many fields: name, module of the model, module of the model pointed at."""
    for model in models:
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model is not None:
                yield f"{model.__name__}.{field.name}", model.__module__, field.related_model.__module__


def missing_files(domains: Path) -> list[str]:
    """List the fixed files that a domain with models lacks, and those that are empty: one without content says why."""
    found = []
    for models in sorted(domains.glob("*/models.py")):
        for name in FIXED_FILES:
            path = models.parent / name
            if not path.exists():
                found.append(f"{models.parent.name}/{name} is missing")
            elif not path.read_text(encoding="utf-8").strip():
                found.append(f"{models.parent.name}/{name} is empty")
    return found


def test_import_contracts_hold(root: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_foreign_keys_point_down_the_ladder(ladder: dict[str, int]) -> None:
    if not apps.ready:
        django.setup()
    seen = list(relations(apps.get_models(include_auto_created=True)))
    assert {domain_of(source) for _, source, _ in seen} - {None}, "no foreign key was found at all"
    wrong = [f"{name} -> {target}" for name, source, target in seen if points_wrongly(source, target, ladder)]
    assert not wrong, "\n".join(wrong)


def test_every_domain_has_its_fixed_files(root: Path) -> None:
    missing = missing_files(root / "src" / "yibao" / "domains")
    assert not missing, "\n".join(missing)


class TestTheChecksThemselves:
    LADDER = {"ledger": 0, "settlement": 1, "people": 2, "catalogue": 2}

    @pytest.mark.parametrize(
        ("source", "target", "wrong"),
        [
            ("yibao.domains.ledger.models", "yibao.domains.people.models", False),
            ("yibao.domains.people.models", "yibao.domains.people.models", False),
            ("yibao.domains.people.models", "yibao.domains.ledger.models", True),
            ("yibao.domains.people.models", "yibao.domains.catalogue.models", True),
            ("yibao.domains.people.models", "yibao.interfaces.gateway.models", True),
            ("yibao.domains.people.models", "django.contrib.auth.models", False),
            ("yibao.interfaces.gateway.models", "yibao.domains.ledger.models", False),
        ],
    )
    def test_a_key_up_the_ladder_is_seen(self, source: str, target: str, *, wrong: bool) -> None:
        assert points_wrongly(source, target, self.LADDER) is wrong

    def test_a_missing_file_is_seen(self, tmp_path: Path) -> None:
        shelf = tmp_path / "shelf"
        shelf.mkdir()
        for name in ("models.py", "queries.py"):
            (shelf / name).write_text('"""Said."""\n')
        (shelf / "admin.py").write_text("\n")
        (tmp_path / "storage").mkdir()
        assert missing_files(tmp_path) == ["shelf/operations.py is missing", "shelf/admin.py is empty"]
