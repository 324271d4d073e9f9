"""Electronic prescriptions live in the city: signed, reviewed, chosen, dispensed pack by pack, paid, delivered, or ended otherwise.

Hospital and pharmacies speak through the gateway; patients choose as the public pages let them, and a pharmacy takes drugs back
as its page does. Each prescription goes one of the ways in `Circulation.WAYS`; some wait for whoever looks at the demo.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Final

from yibao.city import prescription_messages as written
from yibao.city.clinic import IN_PERSON, ONLINE, Clinic, Patient, patients
from yibao.city.internet_hospitals import FOLLOW_UP, drug_against_high_blood_pressure
from yibao.city.make import City
from yibao.city.prescription_messages import Paper
from yibao.city.providers import Provider
from yibao.city.retail import ON_ITS_WAY, RECEIVED, Pharmacy, Written
from yibao.city.signers import DEPARTMENT, dispensers, pharmacists, prescriber, signer
from yibao.city.speaker import BEIJING, Speaker
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.domains.institutions.models import Institution
from yibao.domains.personal_access.models import Account
from yibao.domains.personal_access.operations import actor_of
from yibao.domains.prescriptions.models import DispensedLine, Dispensing, Prescription
from yibao.domains.prescriptions.queries import with_number
from yibao.domains.prescriptions.states import State
from yibao.workflows.check_prescription import house_with_id
from yibao.workflows.circulate_prescription import choose_place
from yibao.workflows.dispense_prescription import giving_back_step
from yibao.workflows.end_prescription import expire_prescriptions
from yibao.workflows.office_steps import carry_out

PACKS: Final = 2
ASKED_AT_MOST: Final = 400
_VALID: Final = timedelta(days=2)
_WRITTEN: Final = timedelta(minutes=30)
_EARLIER: Final = timedelta(days=40)
_LATE: Final = timedelta(days=3)
_LAST_SECONDS: Final = timedelta(seconds=5)
"""So long is the prescription good that nobody fetches: long enough to be signed, over when the others are done."""


class Circulation:
    """A hospital, its pharmacist, two pharmacies, and the prescriptions between them."""

    def __init__(self, city: City, wire: Wire, *, at: datetime, is_online: bool, pays_from_afar: bool) -> None:
        hospital = prescriber(city)
        self._city = city
        self._at = at
        self._is_online = is_online
        self._pays_from_afar = pays_from_afar
        self.tally = Tally()
        self._clinic = Clinic(self._speaker(hospital, wire), hospital, department=DEPARTMENT)
        self._physician = signer(city, self._clinic.physician, at=at)
        self._pharmacist = signer(city, pharmacists(city, hospital)[0], at=at)
        self._shop, self._other_shop = (
            Pharmacy(self._speaker(each, wire), signer(city, each.practitioners[0], at=at)) for each in dispensers(city)
        )
        self._drug = drug_against_high_blood_pressure(city)
        self._codes = (f"84{at:%y%m%d%H%M%S}{number:06d}" for number in range(10**6))
        self._number = (f"RX{at:%y%m%d%H%M%S}{number:03d}" for number in range(1000))
        self._over_at = at

    def _speaker(self, provider: Provider, wire: Wire) -> Speaker:
        return Speaker(provider, wire, self.tally, lambda _speaker: "", region=self._city.region)

    def play(self) -> Counter[str]:
        """Let each way be gone once, then wait until the one that nobody fetched is over; how many went which way.

        :raises yibao.city.wire.GatewayAwayError: nothing answers.
        :raises yibao.city.speaker.RefusedError: the gateway refused a message that it must accept.
        """
        gone: Counter[str] = Counter()
        for (name, way), patient in zip(self.WAYS.items(), self._patients(), strict=False):
            way(self, patient)
            gone[name] += 1
        time.sleep(max(0.0, (self._over_at - datetime.now(BEIJING)).total_seconds()))
        expire_prescriptions(at=datetime.now(BEIJING))
        return gone

    def _patients(self) -> Iterator[Patient]:
        """Who has an account on the public pages first, so that there is something to see; then others from the middle of the list."""
        waiting = Prescription.objects.filter(state=State.PLACED).values("person")  # 7202 gives the oldest of a patient
        accounts = Account.objects.filter(closed_at=None).exclude(person__in=waiting).order_by("pk")
        numbers = accounts.values_list("person__document_number", flat=True)
        known = [number for number in numbers if number in self._city.identity_numbers]
        tokens = [self._city.tokens[self._city.identity_numbers.index(number)] for number in known]
        mine = list(patients(self._clinic.speaker, tokens, at=self._at))
        yield from mine * 2
        half = len(self._city.tokens) // 2
        others = [token for token in self._city.tokens[half : half + ASKED_AT_MOST] if token not in tokens]
        yield from patients(self._clinic.speaker, others, at=self._at)

    def _prescribe(
        self, patient: Patient, *, circulates: str = written.FOR_OUTSIDE, signs: bool = True, reviews: bool = True,
        at: datetime | None = None, is_nearly_over: bool = False,
    ) -> Written:  # fmt: skip
        """A visit, online where the hospital may, and 7101 with the signatures that come along."""
        number, moment = next(self._number), at or self._at - _WRITTEN
        is_online = self._is_online and at is None
        visit = (
            self._seen_online(patient, number) if is_online else self._clinic.come(patient, number=number, at=moment)
        )
        until = self._at + _VALID
        if is_nearly_over:
            until = self._over_at = datetime.now(BEIJING).replace(microsecond=0) + _LAST_SECONDS
        paper = Paper(
            number, self._clinic, patient, visit, ONLINE if is_online else IN_PERSON, self._drug, PACKS, moment, until,
            circulates,
        )  # fmt: skip
        sent = paper.check(physician=self._physician if signs else None, pharmacist=self._pharmacist, reviews=reviews)
        told = self._clinic.speaker.ask("7101", sent, division=patient.division)["hi_rxno"]
        kept = with_number(told)
        assert kept is not None
        return Written(
            told, kept.qr_code, kept.trace_code, paper.text, patient, self._clinic.physician, self._drug, PACKS
        )

    def _seen_online(self, patient: Patient, number: str) -> str:
        """Seen in person forty days ago, now over the internet, and settled; the mdtrt_id."""
        self._clinic.come(patient, number=f"{number}A", at=self._at - _EARLIER)
        visit = self._clinic.come(patient, number=f"{number}B", at=self._at - _WRITTEN, medical_type=ONLINE)
        charges = [FOLLOW_UP]
        self._clinic.charge(patient, visit, charges, number=number, at=self._at - _WRITTEN)
        self._clinic.bill(patient, visit, charges, number=number, medical_type=ONLINE)
        return visit

    def _choose(self, rx: Written, shop: Pharmacy) -> None:
        """The patient chooses a pharmacy, as the public pages do it."""
        kept = with_number(rx.number)
        assert kept is not None
        choose_place(
            number=rx.number, person_id=kept.person_id, institution_code=shop.provider.code, actor=actor_of(kept.person),
            at=datetime.now(BEIJING),
        )  # fmt: skip

    def _packs(self, count: int) -> list[str]:
        return [next(self._codes) for _ in range(count)]

    def _to_choose(self, patient: Patient) -> None:
        """It waits for the patient's choice."""
        self._prescribe(patient)

    def _chosen(self, patient: Patient) -> None:
        """It waits at the pharmacy that the patient chose."""
        self._choose(self._prescribe(patient), self._shop)

    def _delivered(self, patient: Patient) -> None:
        """Chosen, claimed, reviewed, paid from afar where that can be, handed over, delivered, received."""
        rx = self._prescribe(patient)
        self._choose(rx, self._shop)
        leave = self._shop.claim_chosen(rx)
        self._shop.review(rx, at=self._at)
        sell = self._shop.sell_from_afar if self._pays_from_afar else self._shop.sell
        paid = sell(rx, number=f"{rx.number[-20:]}", packs=rx.packs, at=self._at)
        self._shop.hand_over(rx, self._packs(rx.packs), paid, leave=leave, at=self._at)
        for state in (ON_ITS_WAY, RECEIVED):
            self._shop.deliver(rx, state, at=datetime.now(BEIJING))

    def _at_the_counter(self, patient: Patient) -> None:
        """The QR is shown, the insurance pays at the counter."""
        rx = self._prescribe(patient)
        leave = self._shop.claim_shown(rx)
        self._shop.review(rx, at=self._at)
        paid = self._shop.sell(rx, number=f"{rx.number[-20:]}", packs=rx.packs, at=self._at)
        self._shop.hand_over(rx, self._packs(rx.packs), paid, leave=leave, at=self._at)

    def _at_two_pharmacies(self, patient: Patient) -> None:
        """A part here, the rest there, both in cash."""
        rx = self._prescribe(patient)
        for shop in (self._shop, self._other_shop):
            self._sell_in_cash(shop, rx, packs=1)

    def _in_part(self, patient: Patient) -> None:
        """A part was fetched, the rest waits."""
        self._sell_in_cash(self._other_shop, self._prescribe(patient), packs=1)

    def _given_back(self, patient: Patient) -> None:
        """Everything is taken back over the counter."""
        rx = self._prescribe(patient)
        self._sell_in_cash(self._shop, rx, packs=rx.packs)
        sale = Dispensing.objects.get(prescription__number=rx.number)
        rows = dict(DispensedLine.objects.filter(dispensing=sale).values_list("pk", "quantity_e4"))
        house = house_with_id(Institution.objects.get(code=self._shop.provider.code).pk)
        carry_out(
            giving_back_step(
                number=rx.number, house=house, dispensing_id=sale.pk, quantities_e4=rows, actor=self._shop.pharmacist.code,
                at=datetime.now(BEIJING), reason="医师停药",
            )
        )  # fmt: skip

    def _sell_in_cash(self, shop: Pharmacy, rx: Written, *, packs: int) -> None:
        leave = shop.claim_shown(rx)
        shop.review(rx, at=self._at)
        shop.hand_over(rx, self._packs(packs), None, leave=leave, at=self._at)

    def _turned_away(self, patient: Patient) -> None:
        """The pharmacy's pharmacist refuses: it is free for another pharmacy."""
        rx = self._prescribe(patient)
        self._shop.claim_shown(rx)
        self._shop.review(rx, refuses="本店缺货", at=self._at)

    def _at_the_hospital(self, patient: Patient) -> None:
        """The hospital's own dispensary hands it over, after its pharmacist's review with the seal."""
        rx = self._prescribe(patient, circulates=written.FOR_OURS, reviews=False)
        self._review(rx, code=written.APPROVED, opinion="合理")
        paper = self._paper_of(rx)
        self._clinic.speaker.ask("7103", paper, division=patient.division)

    def _paper_of(self, rx: Written) -> written.Input:
        return written.paid_here(self._clinic.hospital, rx.drug, rx.packs, rx.number, at=self._at)

    def _refused(self, patient: Patient) -> None:
        """The hospital's pharmacist refuses."""
        self._review(self._prescribe(patient, reviews=False), code=written.REFUSED, opinion="与在用药物相互作用")

    def _review(self, rx: Written, *, code: str, opinion: str) -> None:
        sent = written.reviewed_and_sealed(
            self._clinic.hospital, rx.number, self._pharmacist, code=code, opinion=opinion, at=self._at
        )
        self._clinic.speaker.ask("7102", sent, division=rx.patient.division)

    def _withdrawn(self, patient: Patient) -> None:
        """The physician withdraws it before anybody has claimed it."""
        rx = self._prescribe(patient)
        self._clinic.speaker.ask(
            "7104", written.withdrawn(rx.number, self._physician.name, at=self._at), division=patient.division
        )

    def _expired(self, patient: Patient) -> None:
        """Signed, and nobody fetches it: in person three days ago, over in a few seconds."""
        self._prescribe(patient, at=self._at - _LATE, is_nearly_over=True)

    def _to_review(self, patient: Patient) -> None:
        """It waits for the hospital's pharmacist."""
        self._prescribe(patient, reviews=False)

    def _to_sign(self, patient: Patient) -> None:
        """It waits for its physician's signature."""
        self._prescribe(patient, signs=False)

    WAYS: ClassVar[dict[str, Callable[["Circulation", Patient], None]]] = {
        "to choose": _to_choose,
        "delivered": _delivered,
        "expired": _expired,
        "chosen": _chosen,
        "at the counter": _at_the_counter,
        "at two pharmacies": _at_two_pharmacies,
        "in part": _in_part,
        "given back": _given_back,
        "turned away": _turned_away,
        "at the hospital": _at_the_hospital,
        "refused": _refused,
        "withdrawn": _withdrawn,
        "to review": _to_review,
        "to sign": _to_sign,
    }
    """Each way by its name; the first four are those of the people with accounts on the public pages."""


def circulate(city: City, *, url: str, at: datetime, is_online: bool, pays_from_afar: bool) -> Counter[str]:
    """Let prescriptions go every way once; how many went which.

    `is_online`: the visits are follow-ups over the internet; `pays_from_afar`: the one that is delivered is paid by phone.
    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused a message that it must accept.
    """
    wire = Wire(url)
    try:
        return Circulation(city, wire, at=at, is_online=is_online, pays_from_afar=pays_from_afar).play()
    finally:
        wire.close()
