"""`yibao reconcile`: an institution's file held against what stands here, on the command line."""

from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from yibao.domains.reconciliation.models import ReconciliationRun
from yibao.interfaces.commands import app, reconcile

from .hospital import BEIJING, Hospital
from .records import nothing_changes
from .small_town import new_person
from .test_reconciliation import row, zipped

pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture
def settled():
    """Two visits of today: the house, and the lines of its file as they should be."""
    house, lines = Hospital(), []
    for total in ("2000.00", "3000.00"):
        person = new_person()
        visit, info = house.visit(person, total)
        lines.append(row(info["setl_id"], visit, person, total, f"{info['fund_pay_sumamt']:.2f}"))
    return house, lines


def run(path, *words, institution="H11010100001", days=0):
    """What the command says of a file about today, with its exit code."""
    today = datetime.now(BEIJING).date() - timedelta(days=days)
    period = ("--from", today.isoformat(), "--until", today.isoformat())
    result = CliRunner().invoke(app, ["reconcile", str(path), "--institution", institution, *period, *words])
    return result.exit_code, result.output


def written(folder, content, name="today.txt"):
    """A file of the institution."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestWhatAgrees:
    @pytest.mark.parametrize("name", ["today.txt", "today.csv", "today.zip"])
    def test_is_said_and_kept(self, settled, tmp_path, name):
        _house, lines = settled
        content = "".join(lines)
        content = {"csv": content.replace("\t", ","), "zip": zipped(content)}.get(name[-3:], content)
        code, told = run(written(tmp_path, content, name))
        assert (code, "对平 equal: 2 行 rows" in told) == (0, True), told
        kept = ReconciliationRun.objects.get()
        assert (kept.source, kept.difference_count) == ("command", 0)
        assert f"reconciliation {kept.pk}" in told


class TestWhatDiffers:
    def test_is_listed_with_cause_and_what_mends_it(self, settled, tmp_path):
        _house, lines = settled
        wrong = lines[0].replace("2000.00", "2000.01")
        code, told = run(written(tmp_path, wrong))
        assert code == 1
        assert "2 差异 differences" in told
        for shown in ("2,000.01", "2,000.00", "3,000.00"):
            assert shown in told
        assert ReconciliationRun.objects.get().difference_count == 2

    def test_beyond_the_first_rows_stands_in_the_office(self, settled, tmp_path, monkeypatch):
        _house, _lines = settled
        monkeypatch.setattr(reconcile, "ROWS_SHOWN", 1)
        code, told = run(written(tmp_path, row(1, 1, new_person(), "1.00", "0.00")))
        number = ReconciliationRun.objects.get().pk
        assert (code, f"/reconciliation/{number}" in told) == (1, True)

    def test_care_of_another_clearing_type_is_left_out(self, settled, tmp_path):
        _house, lines = settled
        code, told = run(written(tmp_path, lines[0]), "--clearing-type", "41")
        assert (code, "1 差异 differences" in told) == (1, True)


class TestWhatIsRefused:
    def test_an_institution_that_is_not_there(self, tmp_path):
        with nothing_changes():
            code, told = run(written(tmp_path, ""), institution="H99999999999")
        assert (code, "there is no institution H99999999999" in told) == (1, True)

    def test_a_file_that_cannot_be_read(self, settled, tmp_path):
        with nothing_changes():
            code, _told = run(written(tmp_path, b"PK\x03\x04 no archive", "today.zip"))
        assert code == 1

    def test_a_file_that_is_not_there(self, tmp_path):
        code, told = run(tmp_path / "nowhere.txt")
        assert (code, "does not exist" in told) == (2, True)
