"""Load the reference data that comes with yibao: divisions, dictionaries, books and accounts of the funds.

A file is loaded when its content is not the one loaded last, so that a second run changes nothing and what a region
changed by hand in between stays. What a changed file changes stands in the history of changes.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Final

from django.db import models, transaction

from yibao.core.yaml_text import load_yaml
from yibao.domains.ledger.models import Account, Book, Fund
from yibao.domains.reference.founding import found_quietly
from yibao.domains.reference.models import DictionaryEntry, Division, Setting
from yibao.domains.reference.operations import Counts, synchronise

ACTOR: Final = "load_reference"
LOADED_KEY: Final = "reference.loaded_files"
"""Setting that remembers the digest of every file as it was loaded."""

Content = Mapping[str, Any]
Rows = Iterable[Mapping[str, Any]]
Part = tuple[type[models.Model], tuple[str, ...], Callable[[Content], Rows]]


def _entries(content: Content) -> Rows:
    """The entries of all code tables, a row each."""
    for table, described in content["tables"].items():
        for entry in described["entries"]:
            yield {
                "table": table,
                "code": entry["code"],
                "name_zh": entry["zh"],
                "name_en": entry.get("en", ""),
                "confidence": described["confidence"],
            }


def _funds(content: Content) -> Rows:
    """The funds with the book in which their payments stand."""
    for fund in content["funds"]:
        yield {"book_id" if name == "book" else name: value for name, value in fund.items()}


def _accounts(content: Content) -> Rows:
    """Every account of the chart in every book."""
    return [
        {"book_id": book, **account}
        for book in Book.objects.order_by("code").values_list("code", flat=True)
        for account in content["accounts"]
    ]


FILES: Final[tuple[tuple[str, str, tuple[Part, ...]], ...]] = (
    ("yibao.domains.reference", "divisions.yaml", ((Division, ("code",), lambda content: content["divisions"]),)),
    ("yibao.domains.reference", "dictionaries.yaml", ((DictionaryEntry, ("table", "code"), _entries),)),
    (
        "yibao.domains.ledger",
        "books.yaml",
        ((Book, ("code",), lambda content: content["books"]), (Fund, ("code",), _funds)),
    ),
    ("yibao.domains.ledger", "accounts.yaml", ((Account, ("book_id", "code"), _accounts),)),
)
"""Package, file, and which tables it fills, in the order in which rows point at each other."""


def read_file(package: str, name: str) -> bytes:
    """The bytes of a file of reference data as it was installed."""
    return resources.files(package).joinpath("data", name).read_bytes()


def load_reference(*, at: datetime, read: Callable[[str, str], bytes] = read_file) -> dict[str, Counts]:
    """Bring the reference tables to what the files say, in one transaction; counts by table.

    `at` is kept beside the digest of each file that was loaded. A second run with the same files changes nothing.
    """
    counts: dict[str, Counts] = {}
    with transaction.atomic():
        first = not Setting.objects.select_for_update().filter(key=LOADED_KEY).exists()
        if first:
            found_quietly()
        loaded = {} if first else dict(Setting.objects.get(key=LOADED_KEY).value)
        before = dict(loaded)
        for package, name, parts in FILES:
            content = read(package, name)
            digest = hashlib.sha256(_concerning(content, name, read)).hexdigest()
            if loaded.get(name, {}).get("sha256") == digest:
                continue
            rows = load_yaml(content)
            for model, key, rows_of in parts:
                label = model._meta.db_table  # noqa: SLF001  # Django documents _meta
                counts[label] = synchronise(model=model, rows=rows_of(rows), key=key, actor=ACTOR)
            loaded[name] = {"sha256": digest, "loaded_at": at.isoformat()}
        if loaded != before:
            _remember(loaded)
    return counts


def _concerning(content: bytes, name: str, read: Callable[[str, str], bytes]) -> bytes:
    """The bytes on which a file's rows depend: a new book needs all accounts too."""
    return content + read("yibao.domains.ledger", "books.yaml") if name == "accounts.yaml" else content


def _remember(loaded: Mapping[str, Any]) -> None:
    """Keep the digests of the files as they were loaded."""
    row = {
        "key": LOADED_KEY,
        "value": dict(loaded),
        "reason": "Digests of the files of reference data, so that a file is loaded once and again when it changes.",
        "trust": "our_default",
    }
    synchronise(model=Setting, rows=[row], key=("key",), actor=ACTOR)
