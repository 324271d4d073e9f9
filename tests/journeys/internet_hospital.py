"""A hospital that gives care over the internet, as the tests found it: approval, departments, physicians, agreements, items."""

import itertools
from datetime import UTC, date, datetime

from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementSignature, SigningKey
from yibao.domains.catalogue.models import Coverage, Item, ItemMark
from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.internet_care.models import InternetMechanism, InternetPractice, MechanismCheck
from yibao.domains.internet_care.operations import record_qualification
from yibao.domains.people.models import Voucher
from yibao.domains.staff.models import StaffMember

from .office_records import new_member
from .small_town import REGION

PHYSICIAN = "D110101000001"
ONLINE = "17"
FOLLOW_UP = "110200006"
DELIVERY = "PS0001"
BARRED = "XM09"
SINCE = date(2025, 1, 1)
UNTIL = date(2030, 1, 1)
_numbers = itertools.count(1)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def signed(kind, institution, practitioner=None, *, since=SINCE, until=UNTIL):
    """An agreement that both parties signed."""
    number = next(_numbers)
    case = AgreementCase.objects.create(
        kind=kind,
        institution=institution,
        practitioner=practitioner,
        region_id=REGION,
        state="in_force",
        opened_at=_NOW,
    )
    agreement = Agreement.objects.create(
        kind=kind, institution=institution, practitioner=practitioner, case=case, number=f"X{number}", content={},
        digest=f"{number:064x}", valid_from=since, valid_until=until, drawn_up_at=_NOW,
    )  # fmt: skip
    for party in ("institution", "agency"):
        owner = institution if party == "institution" else None
        key, _made = SigningKey.objects.get_or_create(
            party=party, region_id=REGION, institution=owner, retired_at=None,
            defaults={"public_key": f"{next(_numbers):0128x}", "valid_from": _NOW},
        )  # fmt: skip
        sign(agreement, party, key)
    agreement.signed_at = _NOW
    agreement.save()
    return agreement


def sign(agreement, party, key):
    """One party's signature as a row."""
    signer = StaffMember.objects.filter(user__username="signer").first() or new_member("signer", "agency")
    AgreementSignature.objects.create(
        agreement=agreement, party=party, key=key, signature="0" * 128, signed_by=signer, signed_at=_NOW
    )


def item(code, name, *, kind="service", item_class="01", ratio=0, category="02", mark=None):
    """An item of the catalogue, covered by both schemes."""
    made = Item.objects.create(
        code=code, kind=kind, name=name, unit="次", charge_category=category, valid_from=date(2019, 1, 1), version="v1"
    )
    for scheme in ("310", "390"):
        Coverage.objects.create(
            item=made, region_id=REGION, scheme=scheme, item_class=item_class, self_pay_first_ppm=ratio,
            valid_from=date(2019, 1, 1),
        )  # fmt: skip
    if mark:
        ItemMark.objects.create(item=made, region_id=REGION, mark=mark, document="目录", valid_from=date(2019, 1, 1))


def with_mechanisms(institution, *, since=SINCE):
    """A pharmacist, and both mechanisms in place."""
    pharmacist = Practitioner.objects.create(
        code="Y110101009999", name="测试药师", kind="Y", institution=institution, valid_from=date(2019, 1, 1)
    )
    signer = StaffMember.objects.filter(user__username="signer").first() or new_member("signer", "agency")
    for kind in InternetMechanism.Kind.values:
        reported = InternetMechanism.objects.create(
            institution=institution, kind=kind, document=f"院发〔2025〕{kind}", content="制度全文", responsible=pharmacist,
            valid_from=since, entered_by=signer, entered_at=_NOW,
        )  # fmt: skip
        MechanismCheck.objects.create(
            mechanism=reported, is_in_place=True, note="现场核查", checked_by=signer, checked_at=_NOW
        )


def open_internet_hospital(code="H11010100001", *, is_public=True):
    """Everything that the rulebook asks of the hospital and its physician."""
    institution = Institution.objects.get(code=code)
    for department, name in (("A01", "内科"), ("A02", "外科")):
        Department.objects.create(
            institution=institution, code=department, name=name, began_at=datetime(2019, 1, 1, tzinfo=UTC)
        )
    InternetPractice.objects.create(
        institution=institution, kind="hospital", is_public=is_public, departments=["A01"], document="京卫网〔2020〕1号",
        valid_from=SINCE,
    )  # fmt: skip
    physician = Practitioner.objects.create(
        code=PHYSICIAN, name="测试医师", kind="D", institution=institution, valid_from=date(2019, 1, 1)
    )
    record_qualification(
        practitioner=physician, licence_number="110110000000001", licensed_from=date(2015, 1, 1), licensed_until=None,
        independent_since=date(2016, 1, 1), document="执业证书", at=_NOW,
    )  # fmt: skip
    with_mechanisms(institution)
    signed("designation", institution)
    signed("internet", institution)
    signed("physician", institution, physician)
    item(FOLLOW_UP, "互联网复诊诊察费")
    item(DELIVERY, "药品配送费", category="14", mark="delivery_fee")
    item(BARRED, "硫酸吗啡缓释片", kind="drug", category="09")
    return institution


def with_voucher(person):
    """The person's electronic voucher; gives its number."""
    number = f"EC{person.pk:020d}"
    Voucher.objects.create(person=person, kind="01", number=number, valid_from=date(2019, 1, 1))
    return number


def registration(hospital, person, *, at, **changes):
    """The input of 2201 with the e-voucher."""
    sent = hospital.registration(person, at=at) | {"mdtrt_cert_type": "01", "mdtrt_cert_no": f"EC{person.pk:020d}"}
    return {"data": sent | changes}


def diagnosed(hospital, person, visit, *, med_type, code="I10.x00x002", at):
    """The input of 2203."""
    sent = hospital.diagnoses(person, visit, med_type=med_type)
    sent["mdtrtinfo"]["begntime"] = at
    sent["diseinfo"][0] |= {"diag_code": code, "diag_name": "诊断", "diag_time": at}
    return sent


def seen_in_person(hospital, person, *, at="2026-10-08 09:00:00", code="I10.x00x002"):
    """A visit in person with its diagnosis; gives the mdtrt_id."""
    visit = hospital.expect("2201", {"data": hospital.registration(person, at=at)})["data"]["mdtrt_id"]
    hospital.expect("2203", diagnosed(hospital, person, visit, med_type="11", code=code, at=at))
    return visit


def begin_online(hospital, person, *, at="2026-11-10 09:00:00", **changes):
    """The registration of a visit that is to be one over the internet; gives the mdtrt_id."""
    return hospital.expect("2201", registration(hospital, person, at=at, **changes))["data"]["mdtrt_id"]


def online_bill(hospital, person, visit, total, *, med_type=ONLINE, batch="B1"):
    """The input of 2206 and 2207 of a visit over the internet."""
    sent = hospital.bill(person, visit, total, batch=batch)
    sent["data"] |= {"med_type": med_type, "mdtrt_cert_type": "01", "mdtrt_cert_no": f"EC{person.pk:020d}"}
    return sent


def pay_online(hospital, person, visit, *, lines=(("XA01", "100.00"),), at="2026-11-10 09:30:00"):
    """Lines and settlement of a visit over the internet that was taken in; gives setlinfo."""
    rows = [hospital.line(person, visit, item=code, price=price, at=at) for code, price in lines]
    hospital.expect("2204", {"feedetail": rows})
    total = f"{sum(float(price) for _code, price in lines):.2f}"
    return hospital.expect("2207", online_bill(hospital, person, visit, total))["setlinfo"]


def online_visit(hospital, person, *, at="2026-11-10 09:00:00", code="I10.x00x002", **options):
    """A whole visit over the internet; gives (mdtrt_id, setlinfo)."""
    visit = begin_online(hospital, person, at=at)
    hospital.expect("2203", diagnosed(hospital, person, visit, med_type=ONLINE, code=code, at=at))
    return visit, pay_online(hospital, person, visit, **options)
