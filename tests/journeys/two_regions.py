"""A second pooling region beside the small town: its hospital, its catalogue, and people of either region."""

from datetime import UTC, date, datetime

from django.db import transaction

from yibao.core.identity import check_digit
from yibao.domains.catalogue.models import CeilingPrice, Coverage, Item
from yibao.domains.enrolment.models import AccountEntry, Enrolment, PersonalAccount
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint
from yibao.domains.people.models import Person, Voucher

from .hospital import Hospital

HOME, AWAY = "110000", "310000"
AWAY_HOSPITAL = "H31010100001"
_people = iter(range(1, 1000))


def found_second_region():
    """Shanghai beside Beijing: a tertiary hospital; XB02 is class 丙 there, XL04 has a lower ceiling."""
    point, _ = AccessPoint.objects.get_or_create(
        path_prefix="/fsi/away", defaults={"name": "外地", "region_id": AWAY, "scheme": "none"}
    )
    there = Institution.objects.create(
        code=AWAY_HOSPITAL, name="外地测试医院", kind="hospital", level="tertiary", division_id="310101",
        designated_from=date(2019, 1, 1),
    )  # fmt: skip
    add_key(KeyRow(point.pk, there.pk, "", Material("")))
    classes = {"XA01": ("01", 0), "XB02": ("03", 1_000_000), "XC03": ("03", 1_000_000), "XL04": ("02", 200_000)}
    for code, (item_class, ratio) in classes.items():
        for scheme in ("310", "390"):
            Coverage.objects.create(
                item=Item.objects.get(code=code), region_id=AWAY, scheme=scheme, item_class=item_class,
                self_pay_first_ppm=ratio, valid_from=date(2019, 1, 1),
            )  # fmt: skip
    CeilingPrice.objects.create(
        item=Item.objects.get(code="XL04"), region_id=AWAY, level="tertiary", price_e6=600 * 10**6,
        valid_from=date(2019, 1, 1),
    )  # fmt: skip
    return Hospital(code=AWAY_HOSPITAL, name="外地测试医院", path="/fsi/away", division="310101")


@transaction.atomic
def person_of(region, *, scheme="310", status="active", balance_fen=0):
    """A person insured in one of the two regions."""
    serial, born = next(_people), date(1981, 7, 8)
    first = f"990102{born:%Y%m%d}{serial % 1000:03d}"
    person = Person.objects.create(
        number=f"{region}88{serial:08d}", name=f"异地{serial}", document_type="01", document_number=first + check_digit(first),
        sex="1", ethnicity="01", birth_date=born, division_id=f"{region[:2]}0101",
    )  # fmt: skip
    Voucher.objects.create(person=person, kind="02", number=person.document_number, valid_from=date(2019, 1, 1))
    Enrolment.objects.create(
        person=person, scheme=scheme, region_id=region, division_id=f"{region[:2]}0101", state="1", status_group=status,
        person_type={"active": "1101", "retired": "1201"}.get(status, "1501"), valid_from=date(2019, 1, 1),
    )  # fmt: skip
    account = PersonalAccount.objects.create(person=person, balance_fen=balance_fen)
    if balance_fen:
        AccountEntry.objects.create(
            account=account, amount_fen=balance_fen, balance_after_fen=balance_fen, cause="opening", cause_id=account.pk,
            entered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    return person
