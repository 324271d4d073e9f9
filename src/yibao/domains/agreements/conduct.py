"""Records of conduct under agreements: points of staff, breaches with their publication and notices, yearly assessments."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember

AUDITED: Final = "互联网费用审核"
"""How the documents of breaches begin that an audit of internet care left (docs/internet-care.md)."""


class StaffPoint(models.Model):
    """Points that a physician or pharmacist took on (记分), after the institution was handled for it. Append only.

    A row that takes points back names the row it takes them from. What follows (suspension, ending, bar) is computed.
    """

    class Responsibility(models.TextChoices):
        """How much of it is the person's; sets the value within the band."""

        GENERAL = "general", _("general")
        IMPORTANT = "important", _("important")
        MAIN = "main", _("main")

    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, related_name="points", verbose_name=_("member of medical staff")
    )
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    act = models.CharField(_("act"), max_length=60)
    responsibility = models.CharField(_("responsibility"), max_length=10, choices=Responsibility.choices)
    points = models.SmallIntegerField(_("points"))
    year = models.SmallIntegerField(_("natural year"))
    decided_on = models.DateField(_("decided on"))
    document = models.CharField(_("document by which the institution was handled"), max_length=200)
    reason = models.TextField(_("reason"))
    takes_back = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="taken_back", verbose_name=_("takes back")
    )
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("points of medical staff")
        verbose_name_plural = _("points of medical staff")
        ordering = ["id"]
        indexes = [models.Index(fields=["practitioner", "decided_on"], name="points_of_practitioner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(takes_back=None, points__gte=1, points__lte=12)
                | Q(takes_back__isnull=False, points__gte=-12, points__lte=-1),
                name="points_are_1_to_12",
            ),
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="points_follow_a_handling"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.points}"


class Breach(models.Model):
    """A verified breach (违约违规) and the way it is handled: by agreement, as an administrative case, or transferred. Append only."""

    class Route(models.TextChoices):
        """Who handles it (协议处理、行政处罚、移送)."""

        AGREEMENT = "agreement", _("handled as the agreement provides")
        ADMINISTRATIVE = "administrative", _("administrative case")
        TRANSFER = "transfer", _("transferred as a possible crime")

    class Handling(models.TextChoices):
        """What the agency does by the agreement, the mildest first."""

        ADMONITION = "admonition", _("admonished")
        NO_PAYMENT = "no_payment", _("payment refused or recovered")
        PENALTY = "penalty", _("penalty by agreement")
        SUSPENSION = "suspension", _("agreement suspended")
        TERMINATION = "termination", _("agreement terminated")
        NONE = "none", _("left to the other authority")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("member of medical staff")
    )
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    is_internet = models.BooleanField(_("in internet services"), default=False)
    found_on = models.DateField(_("found on"))
    facts = models.TextField(_("facts"))
    article = models.CharField(_("article"), max_length=200)
    route = models.CharField(_("way of handling"), max_length=16, choices=Route.choices)
    handling = models.CharField(_("handling"), max_length=12, choices=Handling.choices)
    amount_fen = models.BigIntegerField(_("amount (fen)"), default=0)
    document = models.CharField(_("document"), max_length=200)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("breach of an agreement")
        verbose_name_plural = _("breaches of agreements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["region", "document"], name="breach_has_its_own_document"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="breach_amount_is_not_negative"),
            models.CheckConstraint(
                condition=Q(route="agreement") & ~Q(handling="none") | ~Q(route="agreement") & Q(handling="none"),
                name="breach_handling_fits_its_route",
            ),
            models.CheckConstraint(
                condition=~Q(facts="") & ~Q(article="") & ~Q(document=""), name="breach_says_what_and_why"
            ),
        ]

    def __str__(self) -> str:
        return self.document


class BreachPublication(models.Model):
    """That a breach was made public (公开), by another officer than the one who decided it. Append only."""

    breach = models.OneToOneField(Breach, models.PROTECT, related_name="publication", verbose_name=_("breach"))
    summary = models.TextField(_("what the public reads"))
    published_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("published by"))
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("publication of a breach")
        verbose_name_plural = _("publications of breaches")
        constraints = [
            models.CheckConstraint(condition=~Q(summary=""), name="publication_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.breach_id}"


class BreachNotice(models.Model):
    """That a breach was notified to another department (通报), each once; the file is made from the breach. Append only."""

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="notices", verbose_name=_("breach"))
    department = models.CharField(_("department"), max_length=60)
    notified_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("notified by"))
    notified_at = models.DateTimeField(_("notified at"))

    class Meta:
        verbose_name = _("notice to another department")
        verbose_name_plural = _("notices to other departments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["breach", "department"], name="department_is_notified_once"),
        ]

    def __str__(self) -> str:
        return f"{self.breach_id} {self.department}"


class CreditListing(models.Model):
    """That joint punishment for dishonesty is applied for a published breach (失信联合惩戒), by another officer. Append only.

    `measures` are keys of the law's list. It ends on `ends_on`, or when it is repaired; the credit platform is given its file.
    """

    breach = models.OneToOneField(Breach, models.PROTECT, related_name="credit", verbose_name=_("breach"))
    measures = models.JSONField(_("measures"))
    article = models.CharField(_("article"), max_length=200)
    document = models.CharField(_("document"), max_length=200, unique=True)
    begins_on = models.DateField(_("begins on"))
    ends_on = models.DateField(_("ends on"))
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("joint punishment for dishonesty")
        verbose_name_plural = _("joint punishments for dishonesty")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("begins_on")), name="punishment_has_days"),
            models.CheckConstraint(condition=~Q(measures=[]), name="punishment_has_measures"),
            models.CheckConstraint(condition=~Q(article="") & ~Q(document=""), name="punishment_says_why"),
        ]

    def __str__(self) -> str:
        return self.document


class CreditRepair(models.Model):
    """That a joint punishment ends before its time (信用修复), by whom and why. Append only."""

    listing = models.OneToOneField(
        CreditListing, models.PROTECT, related_name="repair", verbose_name=_("joint punishment")
    )  # fmt: skip
    repaired_on = models.DateField(_("repaired on"))
    document = models.CharField(_("document"), max_length=200)
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("repair of credit")
        verbose_name_plural = _("repairs of credit")
        constraints = [
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="repair_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}"


class AssessmentSheet(models.Model):
    """A year's scores of an institution (协议考核), by the indicators in force; a correction before publication is a further sheet.

    `scores` holds hundredths of a point from 0 to 10,000 by indicator, `score_e2` their weighted sum, rounded half up.
    `payment_percent` and `may_renew` are what the law ties to the grade. `evidence` holds for each indicator what was
    measured and proposed when the officer entered the score, and why the officer's differs. Append only.
    """

    class Scope(models.TextChoices):
        """What is assessed: everyday care, or the practice on the internet."""

        EVERYDAY = "everyday", _("everyday care")
        INTERNET = "internet", _("internet services")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    year = models.SmallIntegerField(_("year"))
    scope = models.CharField(_("what is assessed"), max_length=10, choices=Scope.choices)
    version = models.SmallIntegerField(_("version"))
    scores = models.JSONField(_("scores"))
    score_e2 = models.IntegerField(_("score (hundredths)"))
    grade = models.CharField(_("grade"), max_length=60)
    payment_percent = models.SmallIntegerField(_("share of the payment tied to it (%)"))
    may_renew = models.BooleanField(_("agreement may be renewed"))
    clauses = models.JSONField(_("clauses"))
    evidence = models.JSONField(_("evidence"), default=dict)
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("assessment sheet")
        verbose_name_plural = _("assessment sheets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "year", "scope", "version"], name="assessment_sheet_has_a_version"
            ),
            models.CheckConstraint(
                condition=Q(score_e2__gte=0, score_e2__lte=10_000), name="assessment_score_is_of_100"
            ),
            models.CheckConstraint(
                condition=Q(payment_percent__gte=0, payment_percent__lte=100), name="payment_share_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year} {self.scope}"


class SheetPublication(models.Model):
    """That a sheet was confirmed by another officer and made public; one for each institution, year and scope. Append only."""

    sheet = models.OneToOneField(AssessmentSheet, models.PROTECT, related_name="publication", verbose_name=_("sheet"))
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    year = models.SmallIntegerField(_("year"))
    scope = models.CharField(_("what is assessed"), max_length=10, choices=AssessmentSheet.Scope.choices)
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    published_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("published by"))
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("publication of an assessment")
        verbose_name_plural = _("publications of assessments")
        constraints = [
            models.UniqueConstraint(fields=["institution", "year", "scope"], name="assessment_is_published_once"),
            models.CheckConstraint(condition=~Q(published_by=F("entered_by")), name="assessment_has_four_eyes"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id}"
