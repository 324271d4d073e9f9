"""The city's largest hospital gives care over the internet: its approval, its agreements, its physicians; and a few patients.

The registers are founded beside the city's others; patients come through the gateway, as they do: in person first, then online,
with medicine delivered at their own cost, and one who was never seen in person and is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from yibao.city.goods import Good
from yibao.city.make import City
from yibao.city.providers import Practitioner, Provider
from yibao.city.speaker import RefusedError, Speaker, moment
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.domains.agreements import signing
from yibao.domains.agreements.models import AgreementCase, AgreementKind, Party
from yibao.domains.agreements.operations import CaseAct
from yibao.domains.agreements.queries import in_force_on
from yibao.domains.agreements.states import CaseState
from yibao.domains.catalogue.models import Coverage, Item, ItemMark
from yibao.domains.institutions import models as institutions
from yibao.domains.internet_care.models import InternetPractice
from yibao.domains.internet_care.operations import record_qualification
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember

ONLINE: Final = "17"
FOLLOW_UP: Final = "110200006000000"
DELIVERY: Final = "990000001000000"
DELIVERY_FEN: Final = 800
DISEASE: Final = ("I10.x00x002", "高血压")
DEPARTMENTS: Final = ("A03", "A03.04", "A03.05")
PATIENTS: Final = 6
ASKED_AT_MOST: Final = 200
_SINCE: Final = timedelta(days=730)
_TERM: Final = timedelta(days=1825)
_EARLIER: Final = timedelta(days=40)
_PRACTISED: Final = timedelta(days=365 * 12)
_CONTENT: Final = {
    "clauses": [
        {
            "part": "demo",
            "zh": "本协议为演示统筹区的示例。",
            "en": "This agreement is an example of the demonstration region.",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Seen:
    """How many patients were seen online, and how many were refused."""

    settled: int
    refused: int


@transaction.atomic
def found_internet_hospital(city: City, *, at: datetime) -> str | None:
    """Found the registers of the city's largest hospital with staff in the office; its code, none without one or twice.

    Its clerk and an officer of the region sign; without them nothing is founded.
    """
    clerk = StaffMember.objects.filter(role=StaffMember.Role.INSTITUTION, region_id=city.region.code).first()
    officer = StaffMember.objects.filter(role=StaffMember.Role.AGENCY, region_id=city.region.code).first()
    if clerk is None or officer is None or clerk.institution is None:
        return None
    hospital = clerk.institution
    if InternetPractice.objects.filter(institution=hospital).exists():
        return None
    since = at.date() - _SINCE
    InternetPractice.objects.create(
        institution=hospital, kind=InternetPractice.Kind.HOSPITAL, is_public=True, departments=list(DEPARTMENTS),
        document=f"演卫网医〔{since.year}〕1号", valid_from=since,
    )  # fmt: skip
    _found_delivery_fee(city.region.code, since)
    for party, house in ((Party.INSTITUTION, hospital.pk), (Party.AGENCY, None)):
        if signing.signing_key(party=party, region=city.region.code, institution_id=house) is None:
            signing.make_signing_key(party=party, region=city.region.code, institution_id=house, at=at)
    signers = {Party.INSTITUTION: clerk, Party.AGENCY: officer}
    standing = {each.kind for each in in_force_on(at.date()).filter(institution=hospital, practitioner=None)}
    for kind in [each for each in (AgreementKind.DESIGNATION, AgreementKind.INTERNET) if each not in standing]:
        _sign(kind, hospital, None, since=since, signers=signers, at=at)
    for physician in institutions.Practitioner.objects.filter(institution=hospital, department__code__in=DEPARTMENTS):
        record_qualification(
            practitioner=physician, licence_number=f"1101{physician.code[1:]}", licensed_from=since - _PRACTISED,
            licensed_until=None, independent_since=since - _PRACTISED / 2, document="医师执业证书", at=at,
        )  # fmt: skip
        _sign(AgreementKind.PHYSICIAN, hospital, physician, since=since, signers=signers, at=at)
    return hospital.code


def _found_delivery_fee(region: str, since: date) -> None:
    """The fee for delivering medicine as an item of the catalogue, which no fund pays."""
    item, made = Item.objects.get_or_create(
        code=DELIVERY,
        defaults={
            "kind": Item.Kind.SERVICE, "name": "药品配送费", "unit": "次", "charge_category": "14", "valid_from": since,
            "version": "demo",
        },
    )  # fmt: skip
    if made:
        for scheme in ("310", "390"):
            Coverage.objects.create(
                item=item, region_id=region, scheme=scheme, item_class="03", self_pay_first_ppm=1_000_000,
                valid_from=since,
            )  # fmt: skip
        ItemMark.objects.create(item=item, region_id=region, mark="delivery_fee", document="演示目录", valid_from=since)


def _sign(
    kind: AgreementKind,
    hospital: institutions.Institution,
    physician: institutions.Practitioner | None,
    *,
    since: date,
    signers: Mapping[Party, StaffMember],
    at: datetime,
) -> None:
    """One agreement, drawn up and signed by both."""
    region = Division.objects.get(code=hospital.division.pooling_region)
    case = AgreementCase.objects.create(
        kind=kind, institution=hospital, practitioner=physician, region=region, state=CaseState.IN_FORCE, opened_at=at
    )
    number = f"{region.code}-{kind}-{since.year}-{case.pk}"
    agreement = signing.draw_up(
        case,
        number=number,
        content={
            **_CONTENT,
            "number": number,
            "title": {"zh": "示例协议", "en": "Example of an agreement"},
            "acceptance": "",
        },
        valid_from=since,
        valid_until=since + _TERM,
        at=at,
    )
    for party, member in signers.items():
        signing.sign_agreement(agreement, party=party, signature="", act=CaseAct(member=member, at=at))
    signing.let_begin(agreement, at=at)


def see_online(city: City, hospital_code: str, *, url: str, at: datetime) -> Seen:
    """Let a few people come in person and then online, and one online only; what became of them.

    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused a message that it must accept.
    """
    hospital = next(provider for provider in city.providers if provider.code == hospital_code)
    drug = next(good for good in city.goods if good.kind == "drug" and good.item_class == "01" and "htn" in good.uses)
    wire, settled, refused = Wire(url), 0, 0
    try:
        speaker = Speaker(hospital, wire, Tally(), lambda _speaker: "", region=city.region)
        for place, patient in zip(range(PATIENTS), _patients(city, speaker, at), strict=False):
            visit = _Online(speaker, hospital, patient, number=f"NET{at:%m%d%H%M%S}{place:02d}")
            if place:
                visit.come(at - _EARLIER, suffix="A", medical_type="11")
                visit.settle(visit.come(at, suffix="B", medical_type=ONLINE), drug, at=at)
                settled += 1
            else:
                refused += visit.is_refused(at)
    finally:
        wire.close()
    return Seen(settled, refused)


def _patients(city: City, speaker: Speaker, at: datetime) -> Iterator[dict[str, Any]]:
    """People with an electronic voucher whom 1101 knows as insured, from the end of the city's list."""
    for token in reversed(city.tokens[-ASKED_AT_MOST:]):
        shown = {
            "mdtrt_cert_type": "01", "mdtrt_cert_no": token, "begntime": moment(at), "psn_cert_type": "", "certno": "",
            "psn_name": "",
        }  # fmt: skip
        try:
            found = speaker.ask("1101", {"data": shown})
        except RefusedError:
            continue
        insured = [each for each in found["insuinfo"] if each["psn_insu_stas"] == "1"]
        if insured:
            yield {
                **found["baseinfo"],
                "token": token,
                "scheme": insured[0]["insutype"],
                "division": insured[0]["insuplc_admdvs"],
            }


class _Online:
    """One patient on the way through the gateway."""

    def __init__(self, speaker: Speaker, hospital: Provider, patient: dict[str, Any], *, number: str) -> None:
        self._speaker = speaker
        self._patient = patient
        self._number = number
        self._department = next(each for each in hospital.departments if each[0] in DEPARTMENTS)
        self._physician: Practitioner = hospital.practitioners_of(self._department[0])[0]

    def come(self, at: datetime, *, suffix: str, medical_type: str) -> str:
        """2201 and 2203; the mdtrt_id."""
        code, name = self._department
        began = moment(at - timedelta(hours=1))
        registration = {
            **self._voucher(), "psn_no": self._patient["psn_no"], "insutype": self._patient["scheme"], "begntime": began,
            "ipt_otp_no": f"{self._number}{suffix}", "atddr_no": self._physician.code, "dr_name": self._physician.name,
            "dept_code": code, "dept_name": name, "caty": code[:3],
        }  # fmt: skip
        visit: str = self._ask("2201", {"data": registration})["data"]["mdtrt_id"]
        diagnosis = {
            "diag_type": "1", "diag_srt_no": 1, "diag_code": DISEASE[0], "diag_name": DISEASE[1], "diag_dept": name,
            "dise_dor_no": self._physician.code, "dise_dor_name": self._physician.name, "diag_time": began, "vali_flag": "1",
        }  # fmt: skip
        told = {"mdtrt_id": visit, "psn_no": self._patient["psn_no"], "med_type": medical_type, "begntime": began}
        self._ask("2203", {"mdtrtinfo": told, "diseinfo": [diagnosis]})
        return visit

    def is_refused(self, at: datetime) -> bool:
        """Come online without having been seen in person: the gateway must refuse."""
        try:
            self.come(at, suffix="B", medical_type=ONLINE)
        except RefusedError:
            return True
        return False

    def settle(self, visit: str, drug: Good, *, at: datetime) -> None:
        """2204 with consultation, medicine and its delivery, then 2207."""
        prices = ((FOLLOW_UP, 2000), (drug.code, drug.price_fen), (DELIVERY, DELIVERY_FEN))
        code, name = self._department
        rows = [
            {
                "feedetl_sn": f"{self._number}{place}", "mdtrt_id": visit, "psn_no": self._patient["psn_no"],
                "chrg_bchno": self._number, "rx_circ_flag": "0", "fee_ocur_time": moment(at - timedelta(minutes=30)),
                "med_list_codg": item, "medins_list_codg": item, "det_item_fee_sumamt": _yuan(fen), "cnt": "1",
                "pric": _yuan(fen), "bilg_dept_codg": code, "bilg_dept_name": name,
                "bilg_dr_codg": self._physician.code, "bilg_dr_name": self._physician.name, "hosp_appr_flag": "1",
            }
            for place, (item, fen) in enumerate(prices)
        ]  # fmt: skip
        self._ask("2204", {"feedetail": rows})
        bill = {
            **self._voucher(), "psn_no": self._patient["psn_no"], "med_type": ONLINE,
            "medfee_sumamt": _yuan(sum(fen for _item, fen in prices)), "psn_setlway": "01", "mdtrt_id": visit,
            "chrg_bchno": self._number, "insutype": self._patient["scheme"], "acct_used_flag": "0", "invono": self._number,
        }  # fmt: skip
        self._ask("2207", {"data": bill})

    def _voucher(self) -> dict[str, str]:
        return {"mdtrt_cert_type": "01", "mdtrt_cert_no": self._patient["token"]}

    def _ask(self, infno: str, data: Mapping[str, Any]) -> Any:
        return self._speaker.ask(infno, data, division=self._patient["division"])


def _yuan(fen: int) -> str:
    """Fen as yuan in a message."""
    return f"{fen // 100}.{fen % 100:02d}"
