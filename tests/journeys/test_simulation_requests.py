"""An analyst asks for a simulation on a page: two laws, numbers or files put otherwise, checked as law; carried out, kept, shown."""

import io
import re
import zipfile
from datetime import UTC, date, datetime

import psycopg
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from openpyxl import load_workbook

from tests.unit.warehouse.test_visits import VISIT, write
from yibao.domains.simulations import operations
from yibao.domains.simulations.models import SimulationRequest, SimulationResult, SimulationRun
from yibao.domains.simulations.queries import WORKING_LOCK, anything_to_do
from yibao.interfaces.commands.simulations import made_city
from yibao.policies.library import ROOT
from yibao.workflows.carry_out_simulations import carry_out_waiting

from .hospital import Hospital
from .office_records import new_member, sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LAWS = {"base": "110000/390", "base_on": "2026-11-01", "reform": "110000/390", "reform_on": "2026-11-01"}
SAID = {
    "title": "一级医院门诊 60%", "source": "city", "first_year": "2025", "last_year": "2025", "visits": "1000", "seed": "7",
    "income": "41314.00", "share": "40",
}  # fmt: skip
RATE = "n:bj-390-op-rate:value/primary, community/0"
STAY = {
    "scheme": "390", "status": "elderly", "care": "outpatient", "level": "primary", "account_used": False,
    "total_fen": 200_000, "full_self_pay_fen": 0, "over_ceiling_fen": 0, "self_pay_first_fen": 0, "in_scope_fen": 200_000,
}  # fmt: skip
State = SimulationRun.State


@pytest.fixture
def analyst(client):
    """The region's analyst, signed in."""
    member = new_member("analyst", "analyst")
    sign_in(client, "analyst")
    return member


def small_city(path, **asked):
    """Six residents with one visit each, in place of a made city."""
    small_city.asked = asked
    write(path, [{**VISIT, **STAY, "person_id": number} for number in range(1, 7)])
    return 6


def new_page(client, said=None, **laws):
    """The page for two laws; with `said`, what is sent to it."""
    query = "&".join(f"{name}={value.replace('/', '%2F')}" for name, value in {**LAWS, **laws}.items())
    address = f"/simulations/new?{query}"
    return client.get(address) if said is None else client.post(address, said)


def ask(client, **changed):
    """Ask for a simulation; gives it."""
    answer = new_page(client, {**SAID, **changed})
    assert answer.status_code == 302, answer.content.decode()
    return SimulationRequest.objects.get(pk=int(answer["location"].rpartition("/")[2]))


def carry_out(tmp_path, make_city=small_city):
    """Carry out what waits, as the server does."""
    return carry_out_waiting(warehouse=tmp_path / "warehouse", make_city=make_city, now=lambda: NOW)


def page_of(client, asked, language="zh-hans"):
    """The page of a simulation."""
    return client.get(f"/simulations/runs/{asked.pk}", headers={"accept-language": language}).content.decode()


class TestAsking:
    @pytest.mark.parametrize("role", ["system", "agency", "institution", "auditor"])
    def test_is_for_analysts_alone(self, client, role):
        new_member(role, role)
        sign_in(client, role)
        with nothing_changes():
            assert new_page(client).status_code == 403
            assert new_page(client, SAID).status_code == 403
        assert "/simulations/new" not in client.get("/simulations").content.decode()

    def test_shows_every_number_of_the_law_with_what_it_is(self, client, analyst):
        page = new_page(client).content.decode()
        assert "110000/390@2026-01-01" in page or "→" in page
        assert f'name="{RATE}"' in page
        assert "居民门诊 · 支付比例与费用段" in page
        assert "一级医院、社区卫生服务机构" in page
        assert "<script" not in page

    def test_keeps_what_was_typed_and_computes_nothing_yet(self, client, analyst, tmp_path):
        asked = ask(client, **{RATE: "0.65"})
        assert (asked.region_id, asked.requested_by_id) == (REGION, analyst.pk)
        assert (asked.base, asked.reform) == ("110000/390@2026-11-01", "110000/390@2026-11-01")
        (change,) = asked.changes
        assert (change["clause"], change["new"]) == ("bj-390-op-rate", "0.65")
        assert (asked.run.state, SimulationResult.objects.count()) == (State.WAITING, 0)
        page = page_of(client, asked)
        assert "等待办理" in page
        assert "0.65" in page
        assert asked.title in client.get("/simulations").content.decode()

    @pytest.mark.parametrize(("typed", "words"), [
        ("1.5", "支付比例不得高于 1"), ("0,65", "不是政策中的数值"), ("unlimited", "数值无法读取"),
    ])  # fmt: skip
    def test_a_number_that_cannot_be_law_is_said_beside_it(self, client, analyst, typed, words):
        with nothing_changes():
            answer = new_page(client, {**SAID, RATE: typed})
        page = answer.content.decode()
        assert answer.status_code == 400
        field = re.search(
            rf'<input type="text" id="(n\d+)" name="{RATE}" value="{typed}"[^>]*aria-invalid="true"', page
        )
        assert field is not None
        said = re.search(rf'<p class="wrong" id="{field[1]}_error">([^<]*)</p>', page)
        assert words in said[1]

    def test_a_deductible_that_leaves_a_broken_order_of_bands_is_refused(self, client, analyst):
        with nothing_changes():
            answer = new_page(client, {**SAID, "n:bj-390-ip-rate:value/tertiary/0": "-0.1"})
        assert answer.status_code == 400

    @pytest.mark.parametrize(("changed", "words"), [
        ({"title": ""}, "id_title_error"), ({"last_year": "2026"}, "虚构城市只有一个年度"), ({"visits": ""}, "虚构城市须填写此数"),
        ({"share": "0"}, "id_share_error"), ({"source": "moon"}, "id_source_error"),
    ])  # fmt: skip
    def test_what_is_missing_or_wrong_is_said_beside_it(self, client, analyst, changed, words):
        with nothing_changes():
            answer = new_page(client, {**SAID, **changed})
        assert answer.status_code == 400
        assert words in answer.content.decode()

    def test_laws_of_other_schemes_and_other_days_are_refused(self, client, analyst):
        assert "同一险种" in new_page(client, reform="110000/310").content.decode()
        assert new_page(client, base_on="1999-01-01").status_code == 400
        assert new_page(client, base="440100/390").status_code == 400

    def test_a_broken_file_is_named_with_line_and_reason(self, client, analyst):
        text = (ROOT / "110000" / "390" / "outpatient.yaml").read_text(encoding="utf-8")
        spoilt = text.replace("effective_until: null", "effective_until: 2019-01-01", 1)
        with nothing_changes():
            answer = new_page(client, {**SAID, "policy_files": SimpleUploadedFile("outpatient.yaml", spoilt.encode())})
        page = answer.content.decode()
        assert answer.status_code == 400
        assert re.search(r'id="id_policy_files_error">[^<]*110000/390/outpatient.yaml:\d+: 终止日期早于', page)

    @pytest.mark.parametrize(("name", "content", "words"), [
        ("../scheme.txt", b"a: 1", "名称应如"), ("outpatient.yaml", b"\xff\xfe", "不是 UTF-8"), ("outpatient.yaml", b"a: [", "不是本系统所用的 YAML"),
        ("outpatient.yaml", b"[" * 500_000, "不是本系统所用的 YAML"), ("outpatient.yaml", b"a: &a [*a]", "不是本系统所用的 YAML"),
    ])  # fmt: skip
    def test_what_is_no_policy_file_is_refused(self, client, analyst, name, content, words):
        with nothing_changes():
            answer = new_page(client, {**SAID, "policy_files": SimpleUploadedFile(name, content)})
        assert answer.status_code == 400
        assert words in answer.content.decode()

    def test_too_many_that_wait_are_refused(self, client, analyst, monkeypatch):
        monkeypatch.setattr(operations, "WAITING_MAX", 1)
        ask(client)
        with nothing_changes():
            answer = new_page(client, SAID)
        assert (answer.status_code, "等待办理" in answer.content.decode()) == (400, True)


class TestCarryingOut:
    def test_gives_what_both_laws_come_to(self, client, analyst, tmp_path):
        asked = ask(client, **{RATE: "0.65"})
        assert anything_to_do()
        assert carry_out(tmp_path) == 1
        assert not anything_to_do()
        asked.run.refresh_from_db()
        assert (asked.run.state, asked.run.visits_done, asked.run.visits_total) == (State.DONE, 6, 6)
        assert small_city.asked == {"seed": 7, "visits": 1000, "year": 2025, "scheme": "390", "region": REGION}
        # 2,000 less the deductible of 100 yuan, ten points more, six times: 1,140.00 yuan
        page = page_of(client, asked)
        assert "1,140.00" in page
        assert page.count("<svg") == 5
        assert "<script" not in page
        assert "Fund spending by layer" in page_of(client, asked, "en")

    def test_sheets_and_files_hold_the_same_tables(self, client, analyst, tmp_path):
        asked = ask(client, **{RATE: "0.65"})
        carry_out(tmp_path)
        book = load_workbook(io.BytesIO(client.get(f"/simulations/runs/{asked.pk}.xlsx").content))
        (sheet,) = [sheet for sheet in book if sheet.title.startswith("payers")]
        assert [cell.value for cell in sheet[4]][3] == 1140
        archive = zipfile.ZipFile(io.BytesIO(client.get(f"/simulations/runs/{asked.pk}.zip").content))
        table = pq.read_table(io.BytesIO(archive.read("payers.parquet")))
        assert table.column("difference_fen").to_pylist()[1] == 114_000
        assert "facts.json" in archive.namelist()

    def test_a_file_that_was_sent_is_the_reform(self, client, analyst, tmp_path):
        text = (ROOT / "110000" / "390" / "outpatient.yaml").read_text(encoding="utf-8")
        assert '"primary, community": [0.55]' in text
        other = text.replace('"primary, community": [0.55]', '"primary, community": [0.65]')
        asked = ask(client, policy_files=SimpleUploadedFile("outpatient.yaml", other.encode()))
        carry_out(tmp_path)
        assert "1,140.00" in page_of(client, asked)
        assert asked.files["outpatient.yaml"] == other

    def test_settlements_of_the_region_may_be_the_visits(self, client, analyst, tmp_path):
        people = [new_person(scheme="390", status="elderly", born=date(1950, 1, 1)) for _ in range(5)]
        house = Hospital(code="H11010100003")
        for person in people:
            house.visit(person, "2000.00", insutype="390")
        asked = ask(client, source="warehouse", first_year="2026", last_year="2026", **{
            "n:bj-390-op-rate:value/primary, community/0": "0.65",
        })  # fmt: skip
        carry_out(tmp_path)
        asked.run.refresh_from_db()
        assert asked.run.state == State.DONE, asked.run.failure
        assert asked.result.content["facts"]["persons"] == "5"
        nothing = ask(client, source="warehouse", first_year="2024", last_year="2025")
        carry_out(tmp_path)
        assert "没有险种 390 的就诊" in page_of(client, nothing)

    def test_a_made_city_is_made(self, client, analyst, tmp_path):
        asked = ask(client)
        carry_out(tmp_path, made_city)
        asked.run.refresh_from_db()
        assert asked.run.state == State.DONE
        assert int(asked.result.content["facts"]["visits"]) >= 1000

    def test_laws_whose_codes_do_not_fit_end_with_the_reason(self, client, analyst, tmp_path):
        def of_a_county(path, **_asked):
            write(path, [{**VISIT, **STAY, "care": "inpatient", "level": "county"}])
            return 1

        assert new_page(client, SAID, reform="331100/390").status_code == 302
        carry_out(tmp_path, of_a_county)
        asked = SimulationRequest.objects.get()
        assert asked.run.state == State.FAILED
        assert "level 的值 county 不在政策 110000/390" in page_of(client, asked)
        assert str(tmp_path) not in page_of(client, asked)

    def test_other_regions_and_small_groups_are_not_shown(self, client, analyst, tmp_path):
        def two_persons(path, **_asked):
            write(path, [{**VISIT, **STAY, "person_id": number} for number in (1, 2)])
            return 2

        asked = ask(client)
        carry_out(tmp_path, two_persons)
        assert "涉及人数过少" in page_of(client, asked)
        assert client.get(f"/simulations/runs/{asked.pk}.xlsx").status_code == 404
        new_member("officer", "agency")
        sign_in(client, "officer")
        assert page_of(client, asked).count("<svg") == 5
        from .office_records import OTHER_REGION, Division

        Division.objects.create(code=OTHER_REGION, name="测试他区", pooling_region=OTHER_REGION)
        new_member("elsewhere", "agency", region=OTHER_REGION)
        sign_in(client, "elsewhere")
        assert client.get(f"/simulations/runs/{asked.pk}").status_code == 404
        assert client.get(f"/simulations/runs/{asked.pk}.zip").status_code == 404


class TestOneAtATime:
    def test_a_worker_holds_what_it_works_on(self, client, analyst):
        first, second = ask(client), ask(client)
        known = connection.get_connection_params()
        settings = {key: known[key] for key in ("host", "port", "user", "password", "dbname") if known.get(key)}
        SimulationRun.objects.filter(request=first).update(state=State.RUNNING, attempts=1)
        with psycopg.connect(**settings, autocommit=True) as worker:
            worker.execute("SELECT pg_advisory_lock(%s, %s)", (WORKING_LOCK, first.run.pk % 2**31))
            assert not anything_to_do()
            assert operations.take_next(at=NOW) is None
            worker.execute("SELECT pg_advisory_unlock_all()")
        assert anything_to_do()
        taken = operations.take_next(at=NOW)
        assert (taken.request_id, taken.attempts) == (first.pk, 2)
        operations.release(taken)
        assert SimulationRun.objects.get(request=second).state == State.WAITING

    def test_what_never_comes_to_its_end_is_given_up(self, client, analyst, tmp_path):
        asked = ask(client)

        def breaks(path, **_asked):
            raise RuntimeError

        assert carry_out(tmp_path, breaks) == operations.ATTEMPTS_MAX
        asked.run.refresh_from_db()
        assert (asked.run.state, asked.run.attempts) == (State.FAILED, operations.ATTEMPTS_MAX)
        assert "3 次均未完成" in page_of(client, asked)

    def test_the_database_holds_to_it(self, client, analyst):
        first, second = ask(client), ask(client)
        runs = SimulationRun.objects
        runs.filter(request=first).update(state=State.RUNNING)
        for wrong in (
            lambda: runs.filter(request=second).update(state=State.RUNNING),
            lambda: runs.filter(request=first).update(state=State.DONE, ended_at=NOW),
            lambda: runs.filter(request=first).update(attempts=-1),
            lambda: SimulationRequest.objects.filter(pk=first.pk).update(title="x"),
            lambda: runs.filter(request=second).delete(),
        ):
            with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
                wrong()
