"""Records that the gateway benchmark stands on: persons, visits with uploaded fee lines, history, and request bodies."""

import itertools
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import load

if TYPE_CHECKING:
    from yibao.domains.messages.keys import Material

_serial = itertools.count(1)
_BEIJING = timezone(timedelta(hours=8))
REGION = "110000"
CODE = "H11010100001"
ACCESS_KEY = "bench"


@dataclass
class Town:
    """What was founded."""

    institution_id: int
    persons: list[tuple[int, str, str, int]]
    """Person id, number, document, enrolment id."""
    scheme: str = "none"
    material: Any = field(default=None, repr=False)
    """What the hospital signs with."""


def found(*, persons: int, scheme: str = "none") -> Town:
    """One hospital, one access point with a scheme of signing, and people insured as employees."""
    from django.db import connection, transaction

    from yibao.core.identity import check_digit
    from yibao.domains.enrolment.models import Enrolment
    from yibao.domains.institutions.models import Institution
    from yibao.domains.messages.models import AccessPoint, MessageRate
    from yibao.domains.people.models import Person, Voucher
    from yibao.workflows.load_reference import load_reference

    load_reference(at=datetime(2026, 1, 1, tzinfo=UTC))
    point = AccessPoint.objects.create(name="bench", path_prefix="/fsi", region_id=REGION, scheme=scheme)
    hospital = Institution.objects.create(
        code=CODE,
        name="bench",
        kind="hospital",
        level="tertiary",
        division_id="110101",
        designated_from=date(2019, 1, 1),
    )
    material = _keyed(point.pk, hospital.pk, scheme)
    MessageRate.objects.create(
        institution=hospital, per_second=10**6, burst=10**6, reason="one hospital is all the load"
    )
    documents = [
        f"99010119800101{n % 1000:03d}" if n < 1000 else f"9901011981{n // 1000 % 12 + 1:02d}01{n % 1000:03d}"
        for n in range(persons)
    ]
    people = Person.objects.bulk_create(
        Person(number=f"1100{n:010d}", name=f"测试{n}", document_type="01", document_number=d + check_digit(d), sex="1",
               ethnicity="01", birth_date=date(1980, 1, 1), division_id="110101")
        for n, d in enumerate(documents)
    )  # fmt: skip
    Voucher.objects.bulk_create(
        Voucher(person=p, kind="02", number=p.document_number, valid_from=date(2019, 1, 1)) for p in people
    )
    enrolled = Enrolment.objects.bulk_create(
        Enrolment(person=p, scheme="310", region_id=REGION, division_id="110101", person_type="1101",
                  status_group="active", valid_from=date(2019, 1, 1))
        for p in people
    )  # fmt: skip
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
    ):  # every account has money, so that each settlement moves it
        cursor.execute(
            "INSERT INTO enrolment_personalaccount (person_id, balance_fen) SELECT id, 1000000 FROM people_person"
        )
        cursor.execute(
            "INSERT INTO enrolment_accountentry (account_id, amount_fen, balance_after_fen, cause, cause_id, entered_at)"
            " SELECT id, balance_fen, balance_fen, 'opening', id, now() FROM enrolment_personalaccount"
        )
    rows = [(p.pk, p.number, p.document_number, e.pk) for p, e in zip(people, enrolled, strict=True)]
    return Town(hospital.pk, rows, scheme, material)


def _keyed(access_point_id: int, institution_id: int, scheme: str) -> "Material":
    """Keep a key of the scheme for the hospital; gives what the hospital signs with."""
    from yibao.domains.messages.keys import KeyRow, Material, add_key
    from yibao.interfaces.gateway.schemes import SCHEMES
    from yibao.interfaces.gateway.schemes.making import made_material

    kept, told = made_material(SCHEMES[scheme])
    add_key(KeyRow(access_point_id, institution_id, ACCESS_KEY if scheme != "none" else "", kept))
    return Material(private_key=told["private_key"]) if "private_key" in told else kept


def _visits(town: Town, *, visits: int, lines: int, year: int = 2026) -> list[tuple[int, int]]:
    """Visits with one uploaded batch each, written in bulk; (visit id, place of the person)."""
    from django.db import connection

    total = [0]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH p AS (SELECT unnest(%s::bigint[]) AS person, unnest(%s::bigint[]) AS enrolment, unnest(%s::int[]) AS place),"
            " v AS (INSERT INTO visits_visit (institution_id, person_id, enrolment_id, care, medical_type,"
            " number_at_institution, voucher_kind, place, began_at, department_code, department_name, physician_code,"
            " physician_name, details, state) SELECT %s, p.person, p.enrolment, 'outpatient', '11',"
            " 'N' || (%s + p.place), '02', 'local', %s::timestamptz, '', '', '', '', '{}', 'open' FROM p RETURNING id, person_id),"
            " b AS (INSERT INTO visits_feebatch (visit_id, number) SELECT id, 'B1' FROM v RETURNING id, visit_id)"
            " INSERT INTO visits_feeline (batch_id, visit_id, number, item_code, item_name, item_class, charge_category,"
            " quantity_e4, price_e6, self_pay_first_ppm, amount_fen, full_self_pay_fen, over_ceiling_fen,"
            " self_pay_first_fen, in_scope_fen, department_code, physician_code, occurred_at)"
            " SELECT b.id, b.visit_id, 'L' || n, 'XB02', '乙类药', '02', '09', 10000, 24000000, 100000, 2400, 0, 0, 240,"
            " 2160, '', '', %s::timestamptz FROM b, generate_series(1, %s) n RETURNING visit_id",
            [
                [town.persons[n % len(town.persons)][0] for n in range(visits)],
                [town.persons[n % len(town.persons)][3] for n in range(visits)],
                list(range(visits)), town.institution_id, next(_serial) * 10_000_000, f"{year}-11-10 09:00+08",
                f"{year}-11-10 09:30+08", lines,
            ],
        )  # fmt: skip
        total[0] = cursor.rowcount
        cursor.execute("SELECT v.id, v.person_id FROM visits_visit v ORDER BY v.id DESC LIMIT %s", [visits])
        places = {person[0]: place for place, person in enumerate(town.persons)}
        return [(row[0], places[row[1]]) for row in cursor.fetchall()]


def requests(town: Town, *, visits: int, lines: int) -> list[bytes]:
    """One 2207 per visit as HTTP bytes."""
    made = []
    for visit, place in _visits(town, visits=visits, lines=lines):
        headers, content = signed(town, body(town, visit, place, lines))
        made.append(load.http_request("/fsi/callService", content, headers))
    return made


def signed(town: Town, content: bytes) -> tuple[dict[str, str], bytes]:
    """A message as the hospital signs it: headers and body."""
    from yibao.interfaces.gateway.schemes import SCHEMES

    made = SCHEMES[town.scheme].sign(
        content, access_key=ACCESS_KEY, material=town.material, now_ms=time.time_ns() // 1_000_000, api_name="2207"
    )
    return dict(made.headers), made.body


def body(town: Town, visit: int, place: int, lines: int) -> bytes:
    """A 2207 as a hospital sends it."""
    _, number, document, _ = town.persons[place]
    bill = {
        "psn_no": number,
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": document,
        "med_type": "11",
        "medfee_sumamt": 24.0 * lines,
        "psn_setlway": "01",
        "mdtrt_id": str(visit),
        "chrg_bchno": "B1",
        "insutype": "310",
        "acct_used_flag": "1",
        "invono": "1",
        "fulamt_ownpay_amt": 0,
        "overlmt_selfpay": 0,
        "preselfpay_amt": 2.4 * lines,
        "inscp_scp_amt": 21.6 * lines,
    }
    return message("2207", CODE, {"data": bill})


def message(infno: str, code: str, content: Mapping[str, Any]) -> bytes:
    """The body of a message of an institution about a person of the region."""
    return json.dumps(
        {
            "infno": infno,
            "msgid": f"{code}{next(_serial):018d}",
            "mdtrtarea_admvs": "110101",
            "insuplc_admdvs": REGION,
            "recer_sys_code": "FSI_LOCAL",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "op1",
            "opter_name": "op1",
            "inf_time": f"{datetime.now(_BEIJING):%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": code,
            "fixmedins_name": "bench",
            "input": content,
        }
    ).encode()


def respond(headers: dict[str, str], content: bytes) -> bytes:
    """The answer of this process, without a network."""
    from yibao.interfaces.gateway import directory
    from yibao.interfaces.gateway.service import HttpRequest
    from yibao.interfaces.gateway.service import respond as answer_of

    point = directory.access_point_for("/fsi/callService")
    assert point is not None
    return answer_of(
        HttpRequest("/fsi/callService", headers, content, "application/json"), point, now=datetime.now(UTC)
    )


def add_catalogue(*, items: int) -> None:
    """A catalogue of so many drugs, covered for employees and residents."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalogue_item (code, kind, name, specification, dosage_form, unit, maker, charge_category, is_essential,"
            " is_negotiated, valid_from, version) SELECT 'XF' || lpad(n::text, 10, '0'), 'drug', '测试药品' || n, '', '', '盒', '', '09',"
            " false, false, '2019-01-01', 'bench' FROM generate_series(1, %s) n",
            [items],
        )
        cursor.execute(
            "INSERT INTO catalogue_coverage (item_id, region_id, scheme, item_class, self_pay_first_ppm, valid_from)"
            " SELECT id, %s, scheme, '02', 100000, '2019-01-01' FROM catalogue_item, unnest(ARRAY['310', '390']) scheme"
            " WHERE version = 'bench'",
            [REGION],
        )


def add_history(town: Town, *, settlements: int) -> None:
    """Settled visits of earlier years, written in bulk with all that a settlement writes."""
    from history import write

    write(town, settlements=settlements)


def round_trips(town: Town) -> int:
    """How often one 2207 waits for the database: runs of messages to the server in libpq's own trace."""
    from yibao.domains import storage

    for visit, place in _visits(town, visits=8, lines=5):
        respond(*signed(town, body(town, visit, place, 5)))
    visit, place = _visits(town, visits=1, lines=5)[0]
    request = signed(town, body(town, visit, place, 5))
    raw = storage.driver()
    with tempfile.TemporaryFile("w+b") as trace:
        raw.pgconn.trace(trace.fileno())
        assert b'"infcode":0' in respond(*request)
        raw.pgconn.untrace()
        trace.seek(0)
        directions = [line.split(b"\t")[1:2] for line in trace.read().splitlines()]
    return sum(now == [b"F"] and before != [b"F"] for before, now in itertools.pairwise([[b"B"], *directions]))
