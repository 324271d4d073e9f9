import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yibao.interfaces.gateway.texts import Strictness

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "data" / "gateway" / "samples"


@pytest.fixture(autouse=True)
def texts_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Strictness, "raises", True)


@pytest.fixture(scope="session")
def samples() -> dict[str, Any]:
    """Real messages by file name; the tests that need them say so when they are not there."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no real messages: {SAMPLES} is absent")
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))}


def requests_in(sample: Any) -> Iterator[dict[str, Any]]:
    """Every request of a sample, however deep it stands."""
    if isinstance(sample, dict):
        if {"infno", "input"} <= sample.keys():
            yield sample
        else:
            for value in sample.values():
                yield from requests_in(value)


@pytest.fixture(scope="session")
def real_requests(samples: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, request) for name, sample in samples.items() for request in requests_in(sample)]
