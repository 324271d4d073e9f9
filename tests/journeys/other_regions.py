"""Houses and persons of other regions than the small town's, with what their catalogues cover."""

from dataclasses import dataclass
from datetime import date

from yibao.domains.catalogue.models import Coverage, Item
from yibao.domains.enrolment.models import Enrolment
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway import directory

from .hospital import Hospital
from .small_town import ITEMS, new_person

SINCE = date(2019, 1, 1)


@dataclass
class HospitalFor(Hospital):
    """A hospital's system that treats persons who are insured in one region."""

    insured_in: str = "110000"

    def envelope(self, infno, node, *, msgid=None, insuplc=None, **changes):
        return super().envelope(infno, node, msgid=msgid, insuplc=insuplc or self.insured_in, **changes)


def found_house(code, *, division, insured_in, level="tertiary", kind="hospital"):
    """A house that may speak at the town's first access point; gives its system, for persons of a region."""
    house = Institution.objects.create(
        code=code, name=f"测试{code}", kind=kind, level=level, division_id=division, designated_from=SINCE
    )
    add_key(KeyRow(AccessPoint.objects.get(path_prefix="/fsi").pk, house.pk, "", Material("")))
    directory.forget()
    return HospitalFor(code=code, division=division, insured_in=insured_in)


def cover_items(region):
    """Let a region's schemes cover the town's items as the town does."""
    for code, (_name, item_class, ratio, _category) in ITEMS.items():
        for scheme in ("310", "390"):
            Coverage.objects.create(
                item=Item.objects.get(code=code), region_id=region, scheme=scheme, item_class=item_class,
                self_pay_first_ppm=ratio, valid_from=SINCE,
            )  # fmt: skip


def person_of(region, division, **options):
    """A new person who is insured in another region."""
    person = new_person(**options)
    Enrolment.objects.filter(person=person).update(region_id=region, division_id=division)
    return person
