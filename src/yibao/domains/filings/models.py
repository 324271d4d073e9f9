from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division


class Filing(models.Model):
    """Something filed for a person (备案) on which benefits stand for a time; its number is the trt_dcla_detl_sn.

    What was filed never changes. How it stands, `standing` and `in_force_until`, follows from its decisions: the database
    writes both when a decision is entered, and nobody else can. `subject` says what may not be filed twice for the same
    days: the disease, the receiving hospital, the place in the order of points of care, the division of care elsewhere.
    """

    class Kind(models.TextChoices):
        """What is filed."""

        TRANSFER = "transfer", _("referral to another hospital")
        RECOGNITION = "recognition", _("chronic or special disease")
        POINT = "point", _("designated point of care")
        ELSEWHERE = "elsewhere", _("care elsewhere")

    class Reason(models.TextChoices):
        """Why care is sought elsewhere (异地就医备案人员类型)."""

        LONG_STAY = "long_stay", _("long stay")
        TEMPORARY = "temporary", _("temporary")
        REFERRAL = "referral", _("referral")
        EMERGENCY = "emergency", _("emergency, filed afterwards")

    class Standing(models.TextChoices):
        """What has become of it."""

        PENDING = "pending", _("waiting for approval")
        IN_FORCE = "in_force", _("in force")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    person = models.ForeignKey(Person, models.PROTECT, related_name="filings", verbose_name=_("person"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    scheme = models.CharField(_("scheme"), max_length=6)
    subject = models.CharField(_("subject"), max_length=60)
    disease_code = models.CharField(_("disease code"), max_length=30, blank=True)
    disease_name = models.CharField(_("disease"), max_length=500, blank=True)
    institution_code = models.CharField(_("institution code"), max_length=30, blank=True)
    institution_name = models.CharField(_("institution"), max_length=200, blank=True)
    destination = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("division of care")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    details = models.JSONField(_("further details"), default=dict)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    filed_at_institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("filed by institution")
    )
    filed_by = models.CharField(_("filed by"), max_length=150)
    filed_at = models.DateTimeField(_("filed at"))
    standing = models.CharField(_("standing"), max_length=10, choices=Standing.choices)
    in_force_until = models.DateField(_("in force until"), null=True, blank=True)

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        ordering = ["-id"]
        indexes = [models.Index(fields=["region", "kind", "-id"], name="filings_of_region")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="filing_period_is_half_open"
            ),
            models.CheckConstraint(condition=~Q(subject=""), name="filing_has_a_subject"),
            models.CheckConstraint(
                condition=~Q(kind="recognition") | ~Q(disease_code=""), name="recognition_names_a_disease"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["transfer", "point"]) | ~Q(institution_code=""),
                name="referral_and_point_name_an_institution",
            ),
            models.CheckConstraint(
                condition=Q(kind="elsewhere", destination__isnull=False)
                & Q(reason__in=["long_stay", "temporary", "referral", "emergency"])
                | ~Q(kind="elsewhere") & Q(reason=""),
                name="care_elsewhere_says_where_and_why",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["transfer", "recognition", "point", "elsewhere"]), name="filing_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.subject}"


class FilingDecision(models.Model):
    """What was decided on a filing: approved or refused once while it waits, withdrawn once. Append only.

    A withdrawal holds from the day `on`, which the filing no longer covers; what was settled before stays as it is.
    """

    class Kind(models.TextChoices):
        """The decision."""

        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="decisions", verbose_name=_("filing"))
    kind = models.CharField(_("decision"), max_length=10, choices=Kind.choices)
    on = models.DateField(_("from the day"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a filing")
        verbose_name_plural = _("decisions on filings")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["filing"], condition=Q(kind__in=["approved", "refused"]), name="filing_is_decided_once"
            ),
            models.UniqueConstraint(fields=["filing"], condition=Q(kind="withdrawn"), name="filing_is_withdrawn_once"),
            models.CheckConstraint(condition=Q(kind="approved") | ~Q(reason=""), name="refusal_and_withdrawal_say_why"),
        ]

    def __str__(self) -> str:
        return f"{self.filing_id} {self.kind}"
