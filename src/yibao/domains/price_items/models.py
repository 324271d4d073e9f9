from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.catalogue.models import Item
from yibao.domains.institutions.models import Institution
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember


class Need(models.TextChoices):
    """Which need a service meets: the government guides the price of basic ones at public institutions (第七条)."""

    BASIC = "basic", _("basic need")
    BEYOND = "beyond", _("beyond the basic need")


class ServiceKind(models.TextChoices):
    """What a proposed service is: core medical care, or one of the kinds that are no price item (第八条)."""

    CORE = "core", _("core medical service")
    CONSULTATION = "consultation", _("medical consultation")
    HEALTH_MANAGEMENT = "health_management", _("health management")
    CONVENIENCE = "convenience", _("convenience service")
    EDUCATION = "education", _("education and training")
    RESEARCH = "research", _("research and follow-up surveys")
    DATA = "data", _("data management")
    REMOTE_ROUND = "remote_round", _("remote ward round")


class ItemProposal(models.Model):
    """A proposed price item (新增医疗服务价格项目) with its evidence and what the check found. Append only.

    `conditions` are the five conditions with the evidence for each, `findings` what `check_item` said when it was proposed.
    """

    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    proposer = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("proposing institution"))
    name = models.CharField(_("name"), max_length=200)
    content = models.TextField(_("content"))
    unit = models.CharField(_("unit"), max_length=20)
    service_kind = models.CharField(_("kind of service"), max_length=20, choices=ServiceKind.choices)
    need = models.CharField(_("need"), max_length=6, choices=Need.choices)
    is_between_institutions = models.BooleanField(_("between institutions"))
    is_public = models.BooleanField(_("charged by a public institution"))
    conditions = models.JSONField(_("conditions"))
    prices_e6 = models.JSONField(_("proposed prices by level (millionths of a yuan)"))
    findings = models.JSONField(_("findings"))
    proposed_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))

    class Meta:
        verbose_name = _("proposed price item")
        verbose_name_plural = _("proposed price items")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(content=""), name="proposed_item_says_what_it_is"),
            models.CheckConstraint(condition=Q(need__in=["basic", "beyond"]), name="proposed_item_need_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"


class ItemDecision(models.Model):
    """Another officer's decision on a proposal, with a word on every finding. Append only, once.

    `document` is the medical-security bureau's; a guided price also stands on one of the health authority (会同制定).
    """

    proposal = models.OneToOneField(
        ItemProposal, models.PROTECT, related_name="decision", verbose_name=_("proposed price item")
    )
    is_accepted = models.BooleanField(_("accepted"))
    reasons = models.JSONField(_("reasons by finding"))
    note = models.TextField(_("note"))
    document = models.CharField(_("document"), max_length=200, blank=True)
    health_document = models.CharField(_("document of the health authority"), max_length=200, blank=True, db_default="")
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a price item")
        verbose_name_plural = _("decisions on price items")
        constraints = [
            models.CheckConstraint(condition=Q(is_accepted=False) | ~Q(document=""), name="accepted_item_has_document"),
            models.CheckConstraint(condition=~Q(note=""), name="item_decision_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.is_accepted}"


class PublishedItem(models.Model):
    """A price item that may be charged over the internet in a region for a time, as it is published.

    `is_payable`: the fund pays it at the rates of the same care offline. Periods of one item never overlap.
    """

    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="published_online", verbose_name=_("item"))
    content = models.TextField(_("content"), blank=True)
    need = models.CharField(_("need"), max_length=6, choices=Need.choices)
    is_payable = models.BooleanField(_("payable"))
    document = models.CharField(_("document"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    decision = models.OneToOneField(
        ItemDecision, models.PROTECT, null=True, blank=True, related_name="published", verbose_name=_("decision")
    )

    class Meta:
        verbose_name = _("published price item")
        verbose_name_plural = _("published price items")
        ordering = ["item__code", "-valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(need__in=["basic", "beyond"]), name="published_item_need_is_known"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="published_item_period_is_half_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.valid_from}"


class GuidedPrice(models.Model):
    """The highest price (政府指导价) that public institutions of a level may charge for an item, for a time; no two overlap.

    Two bodies make it (第七条): the database takes none without the documents of both.
    """

    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="guided_prices", verbose_name=_("item"))
    level = models.CharField(_("level"), max_length=20)
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"))
    document = models.CharField(_("document"), max_length=200)
    health_document = models.CharField(_("document of the health authority"), max_length=200, db_default="")
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("guided price")
        verbose_name_plural = _("guided prices")
        ordering = ["item__code", "level", "-valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(price_e6__gt=0), name="guided_price_is_positive"),
            models.CheckConstraint(condition=~Q(document=""), name="guided_price_has_a_document"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="guided_price_period_is_half_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.level}"
