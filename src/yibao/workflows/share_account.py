"""Share a personal account in the family (家庭共济): authorise by the law of the day, and how a payment is split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import transaction
from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.enrolment.authorising import authorise_sharing
from yibao.domains.enrolment.models import AccountSharing, Enrolment, PersonalAccount
from yibao.domains.enrolment.shared_accounts import RelativesAccount, relatives_accounts
from yibao.domains.people.models import Person
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import VisitToSettle
from yibao.domains.storage import Raw
from yibao.engines.benefits import BenefitCase, BenefitResult, CompiledPolicy, settle
from yibao.policies.account_sharing import sharing_on
from yibao.policies.errors import NoPolicyError
from yibao.workflows.exactly_once import hold

EMPLOYEE_SCHEME: Final = "310"


class UnknownRelativeError(YibaoError):
    """Nobody is known by this number and name, or it is the owner (查无此人)."""

    code: ClassVar[str] = "sharing.unknown_relative"


class OwnerWithoutAccountError(YibaoError):
    """The owner is not insured as an employee on the day, or has no personal account."""

    code: ClassVar[str] = "sharing.owner_without_account"


class RelativeNotInsuredError(YibaoError):
    """The relative is not insured on the day under a scheme that the law names (未参加基本医保)."""

    code: ClassVar[str] = "sharing.relative_not_insured"


class RelationNotAllowedError(YibaoError):
    """The law of the day lets no account pay for this relation."""

    code: ClassVar[str] = "sharing.relation_not_allowed"


class RelativeTooFarError(YibaoError):
    """The two are insured in regions between which accounts are not shared."""

    code: ClassVar[str] = "sharing.too_far"


@dataclass(frozen=True, slots=True)
class SharingWish:
    """Whose account shall pay for whom: the relative by person or document number, and by name; `until` may be open."""

    owner_id: int
    relative_number: str
    relative_name: str
    relation: str
    document: str
    on: date
    until: date | None = None


@transaction.atomic
def share_account(wish: SharingWish, *, at: datetime, actor: str) -> AccountSharing:
    """Authorise that an account pays for a relative, when the law of the day allows it.

    :raises UnknownRelativeError, OwnerWithoutAccountError, RelativeNotInsuredError, RelationNotAllowedError,
        RelativeTooFarError, yibao.policies.errors.NoPolicyError: nothing was changed.
    :raises yibao.domains.enrolment.authorising.SharingHeldError: it is shared already.
    """
    relative = _relative(wish)
    own = _insured(wish.owner_id, [EMPLOYEE_SCHEME], wish.on)
    if own is None or not PersonalAccount.objects.filter(person_id=wish.owner_id).exists():
        raise OwnerWithoutAccountError(day=wish.on)
    law = sharing_on(own.region_id, wish.on)
    insured = _insured(relative.pk, law.schemes, wish.on)
    if insured is None:
        raise RelativeNotInsuredError(day=wish.on)
    if wish.relation not in law.relations:
        raise RelationNotAllowedError(day=wish.on)
    if not law.reaches(own.region_id, insured.region_id):
        raise RelativeTooFarError(region=insured.region_id)
    return authorise_sharing(
        owner_id=wish.owner_id, beneficiary_id=relative.pk, relation=wish.relation, document=wish.document,
        valid_from=wish.on, valid_until=wish.until, at=at, actor=actor,
    )  # fmt: skip


def _relative(wish: SharingWish) -> Person:
    """The relative; who has the number must have the name, so that numbers cannot be tried out."""
    number = wish.relative_number
    by_number = Q(number=number) | Q(document_number=number.upper())
    found = Person.objects.filter(by_number, name=wish.relative_name).exclude(pk=wish.owner_id).first()
    if found is None:
        raise UnknownRelativeError
    return found


def _insured(person_id: int, schemes: Sequence[str], on: date) -> Enrolment | None:
    """An enrolment of the person under one of the schemes that is in force on the day."""
    return (
        Enrolment.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=on), person_id=person_id, scheme__in=schemes, valid_from__lte=on,
            state=Enrolment.State.NORMAL,
        )
        .order_by("scheme")
        .first()
    )  # fmt: skip


def _accounts_that_may_pay(raw: Raw, visit: VisitToSettle, on: date) -> list[RelativesAccount]:
    """The relatives' accounts that may pay for a visit on the day of settling, in the order in which they pay."""
    try:
        law = sharing_on(visit.region, on)
    except NoPolicyError:
        return []
    if visit.scheme not in law.schemes or visit.care not in law.cares:
        return []
    return [
        each
        for each in relatives_accounts(raw, person_id=visit.person_id, on=on)
        if each.relation in law.relations and each.region is not None and law.reaches(each.region, visit.region)
    ]


@dataclass(frozen=True, slots=True)
class Shares:
    """What of a payment came from relatives: whose accounts, in order, how much each, and together; fen."""

    owner_ids: tuple[int, ...]
    amounts_fen: tuple[int, ...]

    @property
    def total_fen(self) -> int:
        """All that relatives' accounts paid."""
        return sum(self.amounts_fen)


NO_SHARES: Final = Shares((), ())


def shares_of(account_fen: int, *, own_fen: int, others: Sequence[tuple[int, int]]) -> Shares:
    """Split what accounts pay: the person's own gives first what it holds, then each other (owner, fen) in order.

    The sum of all must reach what is paid.
    """
    left = max(account_fen - own_fen, 0)
    owners: list[int] = []
    amounts: list[int] = []
    for owner_id, balance_fen in others:
        if not left:
            break
        taken = min(left, balance_fen)
        owners.append(owner_id)
        amounts.append(taken)
        left -= taken
    assert not left
    return Shares(tuple(owners), tuple(amounts))


def settle_with_relatives(
    raw: Raw, policy: CompiledPolicy, case: BenefitCase, visit: VisitToSettle, *, on: date, held: LockedPerson | None
) -> tuple[BenefitResult, Shares]:
    """Settle a visit whose person's own account is used up, with the accounts of relatives behind it: one balance to the kernel.

    `held` is the locked person of a settlement; a trial has none and holds nobody.
    :raises OthersInvolved: the owners are not held yet.
    """
    accounts = _accounts_that_may_pay(raw, visit, on)
    if held is not None:
        hold(held, [each.owner_id for each in accounts])
    own_fen = case.account_balance_fen + sum(case.further_balances)
    balance_fen = case.account_balance_fen + sum(each.balance_fen for each in accounts)
    result = settle(policy, replace(case, account_balance_fen=balance_fen))
    others = [(each.owner_id, each.balance_fen) for each in accounts]
    return result, shares_of(result.account_fen, own_fen=own_fen, others=others)
