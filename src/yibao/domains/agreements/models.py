from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.agreements.conduct import (
    AssessmentSheet,
    Breach,
    BreachNotice,
    BreachPublication,
    CreditListing,
    CreditRepair,
    SheetPublication,
    StaffPoint,
)
from yibao.domains.agreements.states import BEFORE_SIGNING, CaseState, CaseStep
from yibao.domains.catalogue.models import Item
from yibao.domains.files.models import File
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember

__all__ = [
    "AgreedPrice",
    "Agreement",
    "AgreementCase",
    "AgreementKind",
    "AgreementSignature",
    "AgreementSuspension",
    "AssessmentSheet",
    "Breach",
    "BreachNotice",
    "BreachPublication",
    "CaseEvent",
    "CaseMaterial",
    "CreditListing",
    "CreditRepair",
    "Party",
    "SheetPublication",
    "ShortcomingNotice",
    "SigningKey",
    "StaffPoint",
]


class AgreementKind(models.TextChoices):
    """What is agreed on."""

    DESIGNATION = "designation", _("designation")
    INTERNET = "internet", _("supplement on internet services")
    PHYSICIAN = "physician", _("annex of a physician")


class Party(models.TextChoices):
    """Who signs."""

    INSTITUTION = "institution", _("institution")
    AGENCY = "agency", _("agency")


class AgreementCase(models.Model):
    """An application for an agreement and what becomes of it (协议申请); its states are those of `states`.

    The clock of a stage runs from `clock_from` for `clock_value` of `clock_unit`; the day on which it ends is computed by the
    official calendar when it is asked for, so that a year's calendar may come later. `needs_test` is frozen when the case
    is submitted: without a passed report such a case is not signed.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=AgreementKind.choices)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("physician")
    )
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    state = models.CharField(_("state"), max_length=12, choices=CaseState.choices, default=CaseState.DRAFT)
    opened_at = models.DateTimeField(_("opened at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    clock_stage = models.CharField(_("stage"), max_length=12, blank=True)
    clock_from = models.DateField(_("clock runs from"), null=True, blank=True)
    clock_value = models.SmallIntegerField(_("length of the stage"), null=True, blank=True)
    clock_unit = models.CharField(_("unit"), max_length=12, blank=True)
    needs_test = models.BooleanField(_("needs an acceptance test"), default=False)
    report = models.ForeignKey(
        AcceptanceReport, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acceptance report")
    )
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("applied for again after")
    )
    renews = models.ForeignKey(
        "Agreement", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("renews")
    )
    together_with = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("applied for together with")
    )

    class Meta:
        verbose_name = _("application for an agreement")
        verbose_name_plural = _("applications for agreements")
        ordering = ["-id"]
        indexes = [models.Index(fields=["region", "state", "id"], name="agreement_cases_of_region")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "practitioner"],
                condition=Q(state__in=sorted(BEFORE_SIGNING)),
                nulls_distinct=False,
                name="one_application_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="physician", practitioner__isnull=False)
                | ~Q(kind="physician") & Q(practitioner__isnull=True),
                name="annex_names_a_physician",
            ),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="agreement_state_is_known"),
            models.CheckConstraint(
                condition=Q(needs_test=False)
                | ~Q(state__in=["accepted", "offered", "signed", "in_force", "suspended", "renewed"])
                | Q(report__isnull=False),
                name="not_tested_not_signed",
            ),
            models.CheckConstraint(
                condition=Q(clock_from=None, clock_value=None, clock_unit="", clock_stage="")
                | Q(clock_from__isnull=False, clock_value__gt=0, clock_unit__in=["working_days", "days", "months"])
                & ~Q(clock_stage=""),
                name="agreement_clock_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.institution_id}"


class CaseEvent(models.Model):
    """One step in a case's life: who, what, when, why, with the findings it stands on. Append only."""

    case = models.ForeignKey(AgreementCase, models.PROTECT, related_name="events", verbose_name=_("application"))
    step = models.CharField(_("step"), max_length=20, choices=CaseStep.choices)
    state_after = models.CharField(_("state afterwards"), max_length=12, choices=CaseState.choices)
    at = models.DateTimeField(_("at"))
    member = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("staff member"))
    article = models.CharField(_("article"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    details = models.JSONField(_("findings"), default=dict)

    class Meta:
        verbose_name = _("step of an application")
        verbose_name_plural = _("steps of applications")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(step__in=["refuse", "fail_test", "suspend", "terminate"]) | ~Q(article="") & ~Q(note=""),
                name="agreement_refusal_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step}"


class CaseMaterial(models.Model):
    """A material that the institution brought (材料); of each key the newest counts. Append only."""

    case = models.ForeignKey(AgreementCase, models.PROTECT, related_name="materials", verbose_name=_("application"))
    key = models.CharField(_("material"), max_length=60)
    file = models.ForeignKey(File, models.PROTECT, related_name="+", verbose_name=_("file"))
    brought_at = models.DateTimeField(_("brought at"))
    brought_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("brought by"))

    class Meta:
        verbose_name = _("material of an application")
        verbose_name_plural = _("materials of applications")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.key}"


class ShortcomingNotice(models.Model):
    """The one notice of a stage that names all that is to be completed (一次性告知); the database allows no second. Append only."""

    class Stage(models.TextChoices):
        """What was found wanting."""

        MATERIALS = "materials", _("materials and conditions")
        TEST = "test", _("acceptance test")

    case = models.ForeignKey(AgreementCase, models.PROTECT, related_name="notices", verbose_name=_("application"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    items = models.JSONField(_("shortcomings"))
    given_at = models.DateTimeField(_("given at"))
    given_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("given by"))

    class Meta:
        verbose_name = _("notice of shortcomings")
        verbose_name_plural = _("notices of shortcomings")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "stage"], name="one_notice_of_shortcomings"),
            models.CheckConstraint(condition=Q(stage__in=["materials", "test"]), name="notice_stage_is_known"),
            models.CheckConstraint(condition=~Q(items=[]), name="notice_names_the_shortcomings"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"


class Agreement(models.Model):
    """An agreement's text and term (协议): in force from `valid_from`, once both have signed, until it ends.

    The days are half open. What was drawn up never changes: `signed_at` is set once when both signatures stand, `ended_on`
    once when it ends before its term.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=AgreementKind.choices)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("physician")
    )
    case = models.OneToOneField(AgreementCase, models.PROTECT, related_name="agreement", verbose_name=_("application"))
    number = models.CharField(_("number"), max_length=60, unique=True)
    content = models.JSONField(_("text"))
    digest = models.CharField(_("digest (SM3)"), max_length=64)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    drawn_up_at = models.DateTimeField(_("drawn up at"))
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "kind", "valid_from"], name="agreements_of_institution")]
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="agreement_period_is_half_open"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("valid_from"), ended_on__lt=F("valid_until")),
                name="agreement_ends_within_its_term",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(signed_at__isnull=False), name="only_signed_agreements_end"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="agreement_digest_has_form"),
        ]

    def __str__(self) -> str:
        return self.number


class SigningKey(models.Model):
    """An SM2 key by which a party signs; the private half is sealed here, or stays with the institution (then empty)."""

    party = models.CharField(_("party"), max_length=12, choices=Party.choices)
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institution")
    )
    public_key = models.CharField(_("public key"), max_length=128)
    sealed = models.BinaryField(_("private key, sealed"), default=b"")
    valid_from = models.DateTimeField(_("valid from"))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("key for signing agreements")
        verbose_name_plural = _("keys for signing agreements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(party="institution", institution__isnull=False)
                | Q(party="agency", institution__isnull=True),
                name="signing_key_belongs_to_a_party",
            ),
            models.CheckConstraint(condition=Q(public_key__regex=r"^[0-9a-f]{128}$"), name="signing_key_has_form"),
            models.UniqueConstraint(
                fields=["region", "party", "institution"],
                condition=Q(retired_at=None),
                nulls_distinct=False,
                name="one_signing_key_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.public_key[:16]}"


class AgreementSignature(models.Model):
    """A party's SM2 signature over the digest of an agreement's text. Append only."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signatures", verbose_name=_("agreement"))
    party = models.CharField(_("party"), max_length=12, choices=Party.choices)
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+", verbose_name=_("key"))
    signature = models.CharField(_("signature"), max_length=128)
    signed_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("signed by"))
    signed_at = models.DateTimeField(_("signed at"))

    class Meta:
        verbose_name = _("signature of an agreement")
        verbose_name_plural = _("signatures of agreements")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "party"], name="each_party_signs_once"),
            models.CheckConstraint(condition=Q(signature__regex=r"^[0-9a-f]{128}$"), name="signature_has_form"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.party}"


class AgreementSuspension(models.Model):
    """Days on which an agreement does not hold (中止): from `begins_on` until it is lifted, at most until `ends_by`.

    A suspension that was not lifted by `ends_by` ended the agreement on that day. Only `lifted_on` changes, once.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="suspensions", verbose_name=_("agreement"))
    asked_by = models.CharField(_("asked for by"), max_length=12, choices=Party.choices)
    begins_on = models.DateField(_("begins on"))
    ends_by = models.DateField(_("at most until"))
    lifted_on = models.DateField(_("lifted on"), null=True, blank=True)
    article = models.CharField(_("article"), max_length=200)
    reason = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("suspension of an agreement")
        verbose_name_plural = _("suspensions of agreements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_by__gt=F("begins_on")), name="suspension_has_days"),
            models.CheckConstraint(
                condition=Q(lifted_on=None) | Q(lifted_on__gte=F("begins_on"), lifted_on__lt=F("ends_by")),
                name="suspension_is_lifted_in_time",
            ),
            models.UniqueConstraint(fields=["agreement"], condition=Q(lifted_on=None), name="one_suspension_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.begins_on}"


class AgreedPrice(models.Model):
    """The most that an institution under a service agreement may charge for an item from a day on. Append only.

    `price_e6` in millionths of a yuan; none: from that day on nothing is agreed any more. The latest of an agreement counts.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="agreed_prices", verbose_name=_("agreement"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"))
    document = models.CharField(_("document that both parties signed"), max_length=200)
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("price by service agreement")
        verbose_name_plural = _("prices by service agreements")
        ordering = ["item__code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "item", "valid_from"], name="agreed_price_begins_once"),
            models.CheckConstraint(condition=Q(price_e6=None) | Q(price_e6__gt=0), name="agreed_price_is_positive"),
            models.CheckConstraint(condition=~Q(document=""), name="agreed_price_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.item_id}"

    @property
    def price_fen(self) -> int:
        """The price in fen, of one that was agreed on."""
        return (self.price_e6 or 0) // 10_000
