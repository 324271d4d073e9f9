"""What an institution may look up of institutions: itself and others by name (1201), its departments and practitioners."""

from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.institutions.describing import departments_of, practitioners_of
from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.institutions.queries import institutions_like


class InstitutionNotFoundError(YibaoError):
    """No designated institution of that kind has the code or name (未查询到医药机构)."""

    code: ClassVar[str] = "institutions.nothing_found"


class SeveralInstitutionsError(YibaoError):
    """Several institutions have the words in their names, and the answer holds one (名称不唯一)."""

    code: ClassVar[str] = "institutions.several_found"


def look_up_institution(*, region: str, is_pharmacy: bool, code: str | None, name: str | None) -> Institution:
    """The one institution of the region that has the code, or these words in its name (1201).

    An exact name is the one institution, even where other names hold it too.
    :raises InstitutionNotFoundError, SeveralInstitutionsError: there is none, or more than one.
    """
    found = institutions_like(region=region, is_pharmacy=is_pharmacy, code=code, name=name)
    exact = [institution for institution in found if institution.name == name]
    chosen = exact if len(exact) == 1 else found
    if not chosen:
        raise InstitutionNotFoundError(field="fixmedins_name" if code is None else "fixmedins_code")
    if len(chosen) > 1:
        raise SeveralInstitutionsError(field="fixmedins_name", count=len(found))
    return chosen[0]


def look_up_departments(institution_id: int) -> list[Department]:
    """The institution's own departments (5101)."""
    return departments_of(institution_id)


def look_up_practitioners(
    *, institution_id: int, kind: str | None, name: str | None, code: str | None
) -> list[Practitioner]:
    """The institution's own practitioners of one kind (5102); none where the kind is not one that we keep."""
    if kind is None:
        return []
    return practitioners_of(institution_id=institution_id, kind=kind, name=name, code=code)
