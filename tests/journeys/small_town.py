"""A town just large enough for a test: one hospital of each level, a few items, people made when they are needed."""

import itertools
from datetime import UTC, date, datetime

from django.db import transaction

from yibao.core.identity import check_digit
from yibao.domains.catalogue.models import CeilingPrice, Coverage, Item
from yibao.domains.enrolment.models import AccountEntry, Enrolment, PersonalAccount
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint
from yibao.domains.people.models import Person, Voucher
from yibao.workflows.load_reference import load_reference

_numbers = itertools.count(1)
REGION = "110000"

ITEMS = {
    # code: (name, class, self-pay-first ppm, charge category)
    "XA01": ("阿莫西林胶囊", "01", 0, "09"),
    "XB02": ("乙类药", "02", 100_000, "09"),
    "XC03": ("丙类药", "03", 1_000_000, "09"),
    "XL04": ("限价耗材", "02", 200_000, "08"),
}


def found_town():
    """Reference data, institutions, access points and items, committed or not as the test's transaction is."""
    load_reference(at=datetime(2026, 1, 1, tzinfo=UTC))
    points = {
        "none": AccessPoint.objects.create(name="全国", path_prefix="/fsi", region_id=REGION, scheme="none"),
        "csb": AccessPoint.objects.create(name="CSB", path_prefix="/CSB", region_id=REGION, scheme="csb"),
        "tif": AccessPoint.objects.create(
            name="TIF", path_prefix="/ebus/bj", region_id=REGION, scheme="tif", infcode_type="string"
        ),
    }
    levels = {
        "H11010100001": ("hospital", "tertiary"),
        "H11010100002": ("hospital", "secondary"),
        "H11010100003": ("community", "community"),
        "P11010100001": ("pharmacy", "pharmacy"),
    }
    for code, (kind, level) in levels.items():
        institution = Institution.objects.create(
            code=code,
            name=f"测试{code}",
            kind=kind,
            level=level,
            division_id="110101",
            designated_from=date(2019, 1, 1),
        )
        for name, point in points.items():
            key = "" if name == "none" else f"key-{code}"
            add_key(KeyRow(point.pk, institution.pk, key, Material(f"secret-{code}" if key else "")))
    for code, (name, item_class, ratio, category) in ITEMS.items():
        item = Item.objects.create(
            code=code,
            kind="drug",
            name=name,
            unit="盒",
            charge_category=category,
            valid_from=date(2019, 1, 1),
            version="v1",
        )
        for scheme in ("310", "390"):
            Coverage.objects.create(
                item=item, region_id=REGION, scheme=scheme, item_class=item_class, self_pay_first_ppm=ratio,
                valid_from=date(2019, 1, 1),
            )  # fmt: skip
    CeilingPrice.objects.create(
        item=Item.objects.get(code="XL04"), region_id=REGION, level="tertiary", price_e6=800 * 10**6,
        valid_from=date(2019, 1, 1),
    )  # fmt: skip


@transaction.atomic
def new_person(
    *, scheme="310", status="active", born=date(1980, 5, 6), balance_fen=0, state="1", since=date(2019, 1, 1)
):
    """A person with an identity card of a division that does not exist, insured under a scheme."""
    serial = next(_numbers)
    first = f"990101{born:%Y%m%d}{serial % 1000:03d}"
    person = Person.objects.create(
        number=f"1100{serial:012d}", name=f"测试{serial}", document_type="01", document_number=first + check_digit(first),
        sex="1", ethnicity="01", birth_date=born, division_id="110101",
    )  # fmt: skip
    Voucher.objects.create(person=person, kind="02", number=person.document_number, valid_from=date(2019, 1, 1))
    Enrolment.objects.create(
        person=person, scheme=scheme, region_id=REGION, division_id="110101", state=state, status_group=status,
        person_type={"active": "1101", "retired": "1201"}.get(status, "1501"), valid_from=since,
    )  # fmt: skip
    account = PersonalAccount.objects.create(person=person, balance_fen=balance_fen)
    if balance_fen:
        AccountEntry.objects.create(
            account=account, amount_fen=balance_fen, balance_after_fen=balance_fen, cause="opening", cause_id=account.pk,
            entered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    return person
