from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember
from yibao.domains.visits.models import Visit


class InternetPractice(models.Model):
    """A physical institution's approval to give care over the internet (互联网医院、互联网诊疗资质), for a time; no two overlap.

    `departments` are the codes of its departments on the internet (互联网诊疗科目), each one of its departments offline.
    """

    class Kind(models.TextChoices):
        """What was approved."""

        HOSPITAL = "hospital", _("internet hospital")
        DIAGNOSIS = "diagnosis", _("internet diagnosis")

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="internet_practices", verbose_name=_("institution")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    is_public = models.BooleanField(_("public institution"))
    departments = ArrayField(models.CharField(max_length=30), verbose_name=_("departments on the internet"))
    document = models.CharField(_("document"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("practice over the internet")
        verbose_name_plural = _("practices over the internet")
        ordering = ["institution", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="internet_practice_period_is_half_open",
            ),
            models.CheckConstraint(condition=~Q(document=""), name="internet_practice_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.valid_from}"


class InternetMechanism(models.Model):
    """A mechanism of its own that an institution set up (在线处方审核制度、医疗服务行为监管机制), as it reports it. Append only.

    It stands from `valid_from` on once an officer found it in place, while the person responsible works there; a later one
    of the same kind takes its place. Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第二十二条.
    """

    class Kind(models.TextChoices):
        """What the article asks for."""

        PRESCRIPTION_REVIEW = "prescription_review", _("review of online prescriptions")
        BEHAVIOUR = "behaviour", _("supervision of conduct in care")

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="internet_mechanisms", verbose_name=_("institution")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    document = models.CharField(_("document"), max_length=200)
    content = models.TextField(_("content"))
    responsible = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("responsible"))
    valid_from = models.DateField(_("valid from"))
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("mechanism of an internet institution")
        verbose_name_plural = _("mechanisms of internet institutions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(document="") & ~Q(content=""), name="mechanism_says_what_it_is"),
            models.CheckConstraint(
                condition=Q(kind__in=["prescription_review", "behaviour"]), name="mechanism_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind}"


class MechanismCheck(models.Model):
    """An officer's word on whether a reported mechanism is in place; the latest counts. Append only."""

    mechanism = models.ForeignKey(
        InternetMechanism, models.PROTECT, related_name="checks", verbose_name=_("mechanism")
    )  # fmt: skip
    is_in_place = models.BooleanField(_("in place"))
    note = models.TextField(_("note"))
    checked_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("checked by"))
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("check of a mechanism")
        verbose_name_plural = _("checks of mechanisms")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(note=""), name="mechanism_check_says_why")]

    def __str__(self) -> str:
        return f"{self.mechanism_id} {self.is_in_place}"


class PhysicianQualification(models.Model):
    """Licence and independent practice of a physician (执业医师资质), as evidence shows it. Append only; the latest row counts."""

    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, related_name="qualifications", verbose_name=_("practitioner")
    )
    licence_number = models.CharField(_("licence number"), max_length=30)
    licensed_from = models.DateField(_("licensed from"))
    licensed_until = models.DateField(_("licensed until"), null=True, blank=True)
    independent_since = models.DateField(_("independent practice since"))
    document = models.CharField(_("document"), max_length=200)
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("qualification of a physician")
        verbose_name_plural = _("qualifications of physicians")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(licensed_until=None) | Q(licensed_until__gt=F("licensed_from")),
                name="licence_period_is_half_open",
            ),
            models.CheckConstraint(condition=~Q(document="") & ~Q(licence_number=""), name="licence_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.licence_number}"


class VisitCheck(models.Model):
    """A visit that passed as one over the internet, on what evidence: the rulebook, the earlier visit in person. Append only.

    A visit whose diagnoses were brought anew has several; the latest counts.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="internet_checks", verbose_name=_("visit"))
    document = models.CharField(_("document"), max_length=200)
    disease_code = models.CharField(_("disease"), max_length=30)
    prior_visit = models.ForeignKey(Visit, models.PROTECT, related_name="+", verbose_name=_("earlier visit in person"))
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("checked visit over the internet")
        verbose_name_plural = _("checked visits over the internet")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.disease_code}"


class BudgetChange(models.Model):
    """A step of an institution's one indicator of total payment (医保付费总额管理指标) for a year, in fen. Append only.

    Online and offline cost share it. The sum of a year's steps is the indicator and is never negative.
    """

    class Kind(models.TextChoices):
        """What the step is."""

        OPENING = "opening", _("set at the beginning of the year")
        ADJUSTMENT = "adjustment", _("adjusted during the year")

    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    year = models.SmallIntegerField(_("year"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    reason = models.TextField(_("reason"))
    document = models.CharField(_("document"), max_length=200)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("step of a budget")
        verbose_name_plural = _("steps of budgets")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "year"], condition=Q(kind="opening"), name="budget_is_set_once_a_year"
            ),
            models.CheckConstraint(condition=Q(kind__in=["opening", "adjustment"]), name="budget_kind_is_known"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(document=""), name="budget_step_says_why"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="budget_step_changes_something"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year} {self.amount_fen}"


class AuditRun(models.Model):
    """A settled visit over the internet that the audit looked at, found right or not. Append only, once for a settlement."""

    settlement = models.OneToOneField(
        Settlement, models.PROTECT, primary_key=True, related_name="internet_audit", verbose_name=_("settlement")
    )
    document = models.CharField(_("document"), max_length=200)
    audited_at = models.DateTimeField(_("audited at"))

    class Meta:
        verbose_name = _("audit of a visit over the internet")
        verbose_name_plural = _("audits of visits over the internet")

    def __str__(self) -> str:
        return f"{self.settlement_id}"


class Finding(models.Model):
    """What the audit found in a settlement: the rule and its article, the lines it is about, what shows it. Append only."""

    audit = models.ForeignKey(AuditRun, models.PROTECT, related_name="findings", verbose_name=_("audit"))
    rule = models.CharField(_("rule"), max_length=30)
    article = models.CharField(_("article"), max_length=40)
    line_ids = ArrayField(models.BigIntegerField(), verbose_name=_("fee lines"))
    facts = models.JSONField(_("facts"))

    class Meta:
        verbose_name = _("finding of the internet audit")
        verbose_name_plural = _("findings of the internet audit")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.audit_id} {self.rule}"


class Review(models.Model):
    """A reviewer's word on the findings of a settlement (人工重点审核). Append only, once.

    `route` is where a verified violation goes: it is handled under the agreement, opened as an administrative case, or
    handed to the police. `line_ids` are the lines that are not to be paid; none: the whole settlement.
    """

    class Verdict(models.TextChoices):
        """Paid or not paid."""

        APPROVE = "approve", _("compliant, is paid")
        REFUSE = "refuse", _("violation, is not paid")

    class Route(models.TextChoices):
        """Who deals with the violation (第二十四条)."""

        NONE = "none", _("nobody further")
        AGREEMENT = "agreement", _("handled under the agreement")
        CASE = "case", _("administrative case")
        TRANSFER = "transfer", _("handed over: suspected crime")

    audit = models.OneToOneField(AuditRun, models.PROTECT, related_name="review", verbose_name=_("audit"))
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict.choices)
    route = models.CharField(_("route"), max_length=9, choices=Route.choices)
    line_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("fee lines"))
    reason = models.TextField(_("reason"))
    reviewed_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("reviewed by"))
    reviewed_at = models.DateTimeField(_("reviewed at"))

    class Meta:
        verbose_name = _("review of a visit over the internet")
        verbose_name_plural = _("reviews of visits over the internet")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="internet_review_says_why"),
            models.CheckConstraint(
                condition=Q(verdict="refuse") | Q(verdict="approve", route="none"), name="only_violations_are_routed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audit_id} {self.verdict}"


class Verification(models.Model):
    """Another officer's word on a refusal (审查核实): verified, and the funds' part is deducted, or not. Append only, once.

    What is deducted stands by fund, in fen; it lowers what is owed to the institution and touches no insured person.
    """

    review = models.OneToOneField(Review, models.PROTECT, related_name="verification", verbose_name=_("review"))
    is_verified = models.BooleanField(_("verified"))
    note = models.TextField(_("note"), blank=True)
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("deducted (fen)"))
    verified_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("verified by"))
    verified_at = models.DateTimeField(_("verified at"))

    class Meta:
        verbose_name = _("verification of a violation")
        verbose_name_plural = _("verifications of violations")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_verified=True) | Q(amounts_fen=[]), name="only_verified_violations_are_deducted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.is_verified}"

    @property
    def deducted_fen(self) -> int:
        """What is deducted of all funds together."""
        return sum(self.amounts_fen)
