from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from yibao.domains.enrolment.models import Enrolment
from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.visits.models import FeeBatch, Visit


class Settlement(models.Model):
    """Who paid which fen of a visit, and why; its number is the setl_id (结算 ID). Append only.

    A reversal (退费结算) is a row of its own with every amount negated, and points at what it reverses; a reversal that
    2601 undoes is itself reversed by a reinstatement. The four identities of the national interface are checks of
    the table (one compiled function, migrations 0003 and 0005): scope, payers, person, funds; and relatives' accounts.
    """

    class Kind(models.TextChoices):
        """Which way the money moves; the amounts of a reversal are negative."""

        SETTLEMENT = "settlement", _("settlement")
        REVERSAL = "reversal", _("reversal")
        REINSTATEMENT = "reinstatement", _("reinstatement")

    kind = models.CharField(_("kind"), max_length=13, choices=Kind.choices)
    visit = models.ForeignKey(
        Visit, models.PROTECT, related_name="settlements", db_constraint=False, verbose_name=_("visit")
    )
    # One composite foreign key (migration 0002) says that person, institution and enrolment are those of the visit.
    person = models.ForeignKey(Person, models.PROTECT, db_constraint=False, verbose_name=_("person"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("institution")
    )
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("enrolment")
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversal", verbose_name=_("reverses")
    )
    settled_at = models.DateTimeField(_("settled at"))
    benefit_year = models.SmallIntegerField(_("benefit year"))
    msgid = models.CharField(_("message number"), max_length=30)
    infno = models.CharField(_("transaction"), max_length=6)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    invoice = models.CharField(_("invoice"), max_length=20, blank=True)
    uses_account = models.BooleanField(_("uses the account"))
    is_midway = models.BooleanField(_("settled midway"), default=False)
    voucher_kind = models.CharField(_("voucher kind"), max_length=3)
    total_fen = models.BigIntegerField(_("total (fen)"))
    full_self_pay_fen = models.BigIntegerField(_("fully self-paid (fen)"))
    over_ceiling_fen = models.BigIntegerField(_("over ceiling (fen)"))
    self_pay_first_fen = models.BigIntegerField(_("self-pay-first (fen)"))
    in_scope_fen = models.BigIntegerField(_("in scope (fen)"))
    deductible_fen = models.BigIntegerField(_("deductible (fen)"))
    fund_fen = models.BigIntegerField(_("paid by funds (fen)"))
    person_fen = models.BigIntegerField(_("paid by person (fen)"))
    account_fen = models.BigIntegerField(_("of this from the account (fen)"))
    cash_fen = models.BigIntegerField(_("of this in cash (fen)"))
    hospital_fen = models.BigIntegerField(_("borne by hospital (fen)"))
    balance_after_fen = models.BigIntegerField(_("account balance after (fen)"))
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    accumulator_changes = models.JSONField(_("changes of accumulators"))
    # Of account_fen, what relatives' accounts paid (家庭共济): whose, in the order of paying, and how much each.
    shared_account_fen = models.BigIntegerField(_("of this from relatives' accounts (fen)"), default=0, db_default=0)
    shared_owner_ids = ArrayField(
        models.BigIntegerField(), default=list, db_default=Value("{}"), verbose_name=_("relatives who paid")
    )
    shared_amounts_fen = ArrayField(
        models.BigIntegerField(), default=list, db_default=Value("{}"), verbose_name=_("amounts of the relatives (fen)")
    )
    policy = models.CharField(_("policy"), max_length=60)
    trace = models.JSONField(_("trace"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        indexes = [BrinIndex(fields=["settled_at"], name="settlement_in_time", pages_per_range=16)]
        # The four identities, the one sign and the rest: settlement_is_sound (migration 0005), names kept apart there.

    def __str__(self) -> str:
        return f"{self.pk}"


class Circumstances(models.Model):
    """What else than bill and person a settlement stands on, as it was known when it was made. Append only.

    Only what differs from the ordinary: `place`, `care`, `disease`, `plan`, `deductible_credit_fen` and `chained_stays`
    of a transfer, `extras` (parts of the bill by component, fen), `filings` (their numbers). Ordinary settlements have no row.
    """

    settlement = models.OneToOneField(
        Settlement, models.PROTECT, primary_key=True, related_name="circumstances", verbose_name=_("settlement")
    )
    facts = models.JSONField(_("facts"))

    class Meta:
        verbose_name = _("circumstances of a settlement")
        verbose_name_plural = _("circumstances of settlements")

    def __str__(self) -> str:
        return f"{self.settlement_id}"


class SettledBatch(models.Model):
    """Which settlement a fee batch belongs to; the database allows one settlement at a time."""

    settlement = models.ForeignKey(
        Settlement, models.PROTECT, related_name="settled_batches", verbose_name=_("settlement")
    )
    batch = models.ForeignKey(
        FeeBatch, models.PROTECT, related_name="settled_batches", db_index=False, verbose_name=_("fee batch")
    )
    is_released = models.BooleanField(_("released by a reversal"), default=False)

    class Meta:
        verbose_name = _("settled batch")
        verbose_name_plural = _("settled batches")
        constraints = [
            models.UniqueConstraint(fields=["batch"], condition=Q(is_released=False), name="batch_is_settled_once"),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.batch_id}"


class Accumulator(models.Model):
    """What a person has used of a benefit year under a scheme (累计): amounts in fen by accumulator name."""

    person = models.ForeignKey(Person, models.PROTECT, db_index=False, verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=6)
    year = models.SmallIntegerField(_("benefit year"))
    amounts = models.JSONField(_("amounts (fen)"), default=dict)

    class Meta:
        verbose_name = _("accumulators")
        verbose_name_plural = _("accumulators")
        constraints = [
            models.UniqueConstraint(fields=["person", "scheme", "year"], name="accumulator_row_per_person_and_year"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.scheme} {self.year}"
