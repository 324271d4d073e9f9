from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import yaml

from yibao.domains.ledger.models import Account, Book, Fund
from yibao.domains.reference import queries
from yibao.domains.reference.models import Change, DictionaryEntry, Division
from yibao.domains.reference.operations import Counts, RepeatedKeyError, synchronise
from yibao.workflows.load_reference import load_reference, read_file

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 8, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def with_changed(name: str, old: str, new: str) -> Callable[[str, str], bytes]:
    def read(package: str, file: str) -> bytes:
        content = read_file(package, file)
        if file != name:
            return content
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return read


def divisions() -> int:
    return len(yaml.safe_load(read_file("yibao.domains.reference", "divisions.yaml"))["divisions"])


def test_every_row_of_the_files_is_loaded() -> None:
    counts = load_reference(at=AT)
    assert counts["reference_division"] == Counts(divisions(), 0, 0)
    assert {d.name for d in queries.divisions_of("110000")} >= {"北京市", "朝阳区", "延庆区"}
    assert queries.dictionary("chrgitm_lv") == {"01": "甲类", "02": "乙类", "03": "丙类(自费)"}
    assert DictionaryEntry.objects.get(table="gend", code="1").confidence == "recalled"
    chart = len(yaml.safe_load(read_file("yibao.domains.ledger", "accounts.yaml"))["accounts"])
    assert Account.objects.count() == chart * Book.objects.count()
    assert (
        dict(Fund.objects.values_list("code", "book_id")).items()
        >= {
            "310100": "employee",
            "310200": "employee",
            "330100": "large_amount",
            "390100": "resident",
            "390200": "critical_illness",
            "320100": "civil_servant",
            "610100": "assistance",
        }.items()
    )


def test_a_second_run_changes_nothing() -> None:
    load_reference(at=AT)
    before = list(Fund.objects.order_by("code").values()), Change.objects.count()
    assert load_reference(at=LATER) == {}
    assert (list(Fund.objects.order_by("code").values()), Change.objects.count()) == before


def test_the_first_load_is_its_own_record() -> None:
    load_reference(at=AT)
    assert Change.objects.count() == 0


def test_a_changed_file_updates_and_is_recorded_with_before_and_after() -> None:
    load_reference(at=AT)
    counts = load_reference(at=LATER, read=with_changed("divisions.yaml", "东城区", "新东城区"))
    assert counts == {"reference_division": Counts(0, 1, divisions() - 1)}
    assert Division.objects.get(code="110101").name == "新东城区"
    change = Change.objects.get(table="reference_division")
    assert (change.action, change.actor, change.record) == ("update", "load_reference", "110101")
    assert (change.before["name"], change.after["name"]) == ("东城区", "新东城区")


def test_a_new_book_gets_every_account() -> None:
    load_reference(at=AT)
    added = "books:\n  - {code: extra, name_zh: 另册, name_en: extra}\n"
    load_reference(at=LATER, read=with_changed("books.yaml", "books:\n", added))
    assert Account.objects.filter(book="extra").count() == Account.objects.filter(book="employee").count() > 20


def test_a_file_that_contradicts_itself_changes_nothing() -> None:
    row = {"code": "110102", "name": "西城区", "pooling_region": "110000"}
    with pytest.raises(RepeatedKeyError):
        synchronise(model=Division, rows=[row, {**row, "name": "别名"}], key=("code",), actor="test")
    assert not Division.objects.exists()
