from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.enrolment.late_fees import LateFee, LateFeePayment, LateFeeWaiver, LateFeeWaiverDecision
from yibao.domains.enrolment.moves import DoubleDecision, OutsideEnrolment, Transfer, TransferStep
from yibao.domains.enrolment.sharing import AccountSharing
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division

__all__ = [
    "AccountEntry",
    "AccountSharing",
    "Assessment",
    "Contribution",
    "DoubleDecision",
    "Employer",
    "Enrolment",
    "LateFee",
    "LateFeePayment",
    "LateFeeWaiver",
    "LateFeeWaiverDecision",
    "OutsideEnrolment",
    "PersonalAccount",
    "Receipt",
    "SpecialStatus",
    "Transfer",
    "TransferStep",
    "WageDeclaration",
]


class Employer(models.Model):
    """A unit that insures its employees (参保单位)."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=200)
    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("division"))

    class Meta:
        verbose_name = _("employer")
        verbose_name_plural = _("employers")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Enrolment(models.Model):
    """A person insured under a scheme for a time, in one state: a change of state ends one row and opens the next.

    Employee scheme 310 and resident scheme 390 are kept apart; periods of one person and scheme never overlap.
    `covered_from` is set where a waiting period (待遇等待期) runs: the funds pay from that day; without it from `valid_from`.
    `suspended_from` is set while the employer is in arrears (单位欠费): the funds do not pay from that day on.
    """

    class State(models.TextChoices):
        """人员参保状态 of the national dictionary."""

        NORMAL = "1", _("insured")
        SUSPENDED = "2", _("suspended")
        ENDED = "4", _("ended")

    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=6)
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("division of enrolment"))
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, verbose_name=_("employer"))
    person_type = models.CharField(_("person type"), max_length=6)
    status_group = models.CharField(_("status group"), max_length=20)
    is_civil_servant = models.BooleanField(_("civil servant"), default=False)
    state = models.CharField(_("state"), max_length=1, choices=State.choices, default=State.NORMAL)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    covered_from = models.DateField(_("covered from"), null=True, blank=True)
    suspended_from = models.DateField(_("suspended for arrears from"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.CheckConstraint(condition=Q(scheme__in=["310", "390"]), name="enrolment_scheme_is_basic"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="enrolment_period_is_half_open"
            ),
            models.CheckConstraint(
                condition=~Q(scheme="390") | Q(employer=None), name="residents_are_not_insured_by_employers"
            ),
            models.CheckConstraint(
                condition=Q(covered_from=None) | Q(covered_from__gte=F("valid_from")),
                name="coverage_begins_with_enrolment",
            ),
            models.CheckConstraint(
                condition=Q(suspended_from=None) | Q(state="1", employer__isnull=False),
                name="arrears_suspend_who_is_insured_by_an_employer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.scheme} {self.valid_from}"


class WageDeclaration(models.Model):
    """The monthly wage that an employer, or a person without one, declared for a time (缴费工资申报)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="wage_declarations", verbose_name=_("person"))
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, verbose_name=_("employer"))
    wage_fen = models.BigIntegerField(_("monthly wage (fen)"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("wage declaration")
        verbose_name_plural = _("wage declarations")
        constraints = [
            models.CheckConstraint(condition=Q(wage_fen__gte=0), name="wage_is_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="wage_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.valid_from}"


class Assessment(models.Model):
    """What is owed for one person and period (应缴核定), by whom, where it goes and why. Append only.

    A correction is a reversal (every amount turned round) and a new assessment with the next `attempt`. `lines` are the
    engine's steps with their clauses, `law` names region and day of the law.
    """

    class Kind(models.TextChoices):
        """Whether the row owes or takes back."""

        ASSESSMENT = "assessment", _("assessment")
        REVERSAL = "reversal", _("reversal")

    person = models.ForeignKey(Person, models.PROTECT, related_name="assessments", verbose_name=_("person"))
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="assessments", verbose_name=_("enrolment"))
    scheme = models.CharField(_("scheme"), max_length=6)
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))
    category = models.CharField(_("category"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.ASSESSMENT)
    attempt = models.SmallIntegerField(_("attempt"), default=1)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("reverses")
    )
    is_repair = models.BooleanField(_("repair of a gap"), default=False)
    law = models.CharField(_("law"), max_length=60)
    base_fen = models.BigIntegerField(_("base (fen)"))
    employer_fen = models.BigIntegerField(_("owed by employer (fen)"))
    person_fen = models.BigIntegerField(_("owed by person (fen)"))
    subsidy_fen = models.BigIntegerField(_("subsidy (fen)"))
    assistance_fen = models.BigIntegerField(_("assistance (fen)"))
    to_pool_fen = models.BigIntegerField(_("to pooled fund (fen)"))
    to_large_fen = models.BigIntegerField(_("to large-amount fund (fen)"))
    to_account_fen = models.BigIntegerField(_("to account (fen)"))
    from_pool_fen = models.BigIntegerField(_("credited out of the pooled fund (fen)"))
    lines = models.JSONField(_("steps"))
    assessed_at = models.DateTimeField(_("assessed at"))

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "scheme", "period_start", "kind", "attempt"], name="assessment_once_per_period"
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="assessment_period_half_open"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | Q(kind="assessment", reverses=None),
                name="assessment_reversal_names_its_original",
            ),
            models.CheckConstraint(
                condition=Q(
                    to_pool_fen=F("employer_fen") + F("person_fen") + F("subsidy_fen") + F("assistance_fen")
                    - F("to_large_fen") - F("to_account_fen")
                ),
                name="assessment_balances",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person_id} {self.scheme} {self.period_start}"


class Receipt(models.Model):
    """Money that came in for contributions (缴费到账), under the number of its voucher. Append only; taken back by a reversal."""

    number = models.CharField(_("voucher number"), max_length=60)
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, verbose_name=_("employer"))
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, verbose_name=_("person"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    paid_on = models.DateField(_("paid on"))
    entered_at = models.DateTimeField(_("entered at"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("reverses")
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=Q(reverses=None), name="receipt_number_once"),
            models.CheckConstraint(
                condition=Q(reverses=None, amount_fen__gte=0) | Q(reverses__isnull=False, amount_fen__lte=0),
                name="receipt_sign",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Contribution(models.Model):
    """One month's (employees) or one year's (residents) contribution as paid, split by fund and account. Append only.

    What the records were founded with has neither assessment nor receipt. A reversal turns every amount round and frees the
    period for the next `attempt`.
    """

    class Kind(models.TextChoices):
        """Whether the row pays or takes back."""

        PAYMENT = "payment", _("payment")
        REVERSAL = "reversal", _("reversal")

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="contributions", verbose_name=_("enrolment"))
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))
    base_fen = models.BigIntegerField(_("base (fen)"))
    employer_fen = models.BigIntegerField(_("paid by employer (fen)"))
    person_fen = models.BigIntegerField(_("paid by person (fen)"))
    subsidy_fen = models.BigIntegerField(_("subsidy (fen)"))
    assistance_fen = models.BigIntegerField(_("assistance (fen)"), default=0, db_default=0)
    to_pool_fen = models.BigIntegerField(_("to pooled fund (fen)"))
    to_large_fen = models.BigIntegerField(_("to large-amount fund (fen)"), default=0, db_default=0)
    to_account_fen = models.BigIntegerField(_("to account (fen)"))
    paid_on = models.DateField(_("paid on"))
    assessment = models.ForeignKey(
        Assessment, models.PROTECT, null=True, blank=True, related_name="contributions", verbose_name=_("assessment")
    )
    receipt = models.ForeignKey(
        Receipt, models.PROTECT, null=True, blank=True, related_name="contributions", verbose_name=_("receipt")
    )
    is_repair = models.BooleanField(_("repair of a gap"), default=False, db_default=False)
    kind = models.CharField(
        _("kind"), max_length=12, choices=Kind.choices, default=Kind.PAYMENT, db_default=Kind.PAYMENT.value
    )
    attempt = models.SmallIntegerField(_("attempt"), default=1, db_default=1)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("reverses")
    )

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "period_start", "kind", "attempt"], name="contribution_once_per_period"
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="contribution_period_half_open"),
            models.CheckConstraint(
                condition=Q(
                    kind="payment",
                    reverses=None,
                    base_fen__gte=0,
                    employer_fen__gte=0,
                    person_fen__gte=0,
                    subsidy_fen__gte=0,
                    assistance_fen__gte=0,
                    to_pool_fen__gte=0,
                    to_large_fen__gte=0,
                    to_account_fen__gte=0,
                )
                | Q(kind="reversal", reverses__isnull=False),
                name="contribution_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    to_pool_fen=F("employer_fen") + F("person_fen") + F("subsidy_fen") + F("assistance_fen")
                    - F("to_large_fen") - F("to_account_fen")
                ),
                name="contribution_balances",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.period_start}"


class SpecialStatus(models.Model):
    """A status that changes what a person gets (低保对象, 特困人员 …), for a time, by a document."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="special_statuses", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=3)
    document = models.CharField(_("document"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("special status")
        verbose_name_plural = _("special statuses")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="status_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class PersonalAccount(models.Model):
    """The personal account (个人账户) of an employee; its balance is what its entries add up to."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="account", verbose_name=_("person"))
    balance_fen = models.BigIntegerField(_("balance (fen)"), default=0)

    class Meta:
        verbose_name = _("personal account")
        verbose_name_plural = _("personal accounts")
        constraints = [models.CheckConstraint(condition=Q(balance_fen__gte=0), name="account_is_never_overdrawn")]

    def __str__(self) -> str:
        return f"{self.person_id}"


class AccountEntry(models.Model):
    """One movement of a personal account, append only, with the balance after it and what caused it."""

    class Cause(models.TextChoices):
        """What moved the money; `cause_id` is that record's number."""

        OPENING = "opening", _("opening balance")
        CREDIT = "credit", _("credit of contributions")
        SETTLEMENT = "settlement", _("settlement")
        TRANSFER = "transfer", _("transfer between regions")

    account = models.ForeignKey(
        PersonalAccount, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("personal account")
    )
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    balance_after_fen = models.BigIntegerField(_("balance after (fen)"))
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices)
    cause_id = models.BigIntegerField(_("cause number"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("account entry")
        verbose_name_plural = _("account entries")
        constraints = [
            models.UniqueConstraint(fields=["account", "cause", "cause_id"], name="account_entry_once_per_cause"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="account_entry_moves_money"),
            models.CheckConstraint(condition=Q(balance_after_fen__gte=0), name="account_entry_never_overdraws"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"
