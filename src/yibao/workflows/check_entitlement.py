"""Check what a person is entitled to before care (2001): insurance on the day, the funds that would pay, a recognised disease."""

from dataclasses import dataclass
from datetime import date

from yibao import policies
from yibao.domains import storage
from yibao.domains.enrolment.queries import Entitlement, ask_for_entitlements, entitlements_of
from yibao.domains.filings.models import Filing
from yibao.domains.filings.queries import filings_in_force
from yibao.engines.benefits import CompiledPolicy
from yibao.policies import NoPolicyError
from yibao.workflows.benefit_circumstances import CHRONIC, care_of, is_chronic
from yibao.workflows.look_up_filings import person_at_counter
from yibao.workflows.look_up_records import Reader


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: the funds of the scheme's law, the enrolment's state (0: none), and the disease where care is chronic.

    `recognised` is none where no recognition covers the day, `needs_recognition` whether the law asks for one.
    """

    funds: tuple[str, ...]
    state: str
    needs_recognition: bool = False
    recognised: Filing | None = None

    @property
    def is_entitled(self) -> bool:
        """Whether the funds pay on the day."""
        return self.state == "1"


def check_entitlement(
    reader: Reader, *, number: str, scheme: str, medical_type: str, disease: str | None, on: date
) -> Checked:
    """Say whether the funds of a scheme pay for a person on a day; the reading is noted.

    :raises UnknownPersonNumberError, NotTreatedHereError: there is nothing to be read here.
    """
    person = person_at_counter(reader, number)
    with storage.transaction() as raw:
        held = entitlements_of(ask_for_entitlements(raw, person_id=person.pk, on=on))
    of_scheme = next((each for each in held if each.scheme == scheme), None)
    policy = _law(of_scheme, on)
    if of_scheme is None or policy is None:
        return Checked((), of_scheme.state if of_scheme else "0")
    care = care_of(policy, "outpatient", medical_type)
    needs = is_chronic("outpatient", medical_type) and (care == CHRONIC or len(policy.diseases) > 1)
    found = _recognised(policy, person.pk, disease, on) if needs else None
    return Checked(policy.funds, of_scheme.state, needs, found)


def _law(held: Entitlement | None, on: date) -> CompiledPolicy | None:
    """The law of the enrolment on the day, if there is any."""
    if held is None:
        return None
    try:
        return policies.load(held.region, held.scheme, on)
    except NoPolicyError:
        return None


def _recognised(policy: CompiledPolicy, person_id: int, disease: str | None, on: date) -> Filing | None:
    """The recognition of the disease, or of its group in the law, that covers the day."""
    held = [
        each
        for each in filings_in_force(person_id=person_id, kind=Filing.Kind.RECOGNITION, since=on)
        if each.valid_from <= on
    ]
    if not disease:
        return held[0] if held else None
    group = policy.disease_of(disease)
    return next(
        (
            each
            for each in held
            if each.disease_code == disease or (group is not None and policy.disease_of(each.disease_code) == group)
        ),
        None,
    )
