from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember


class Performance(models.Model):
    """A transaction that an institution's system tried at an access point, and whether it did so correctly. Append only.

    `business` says what the message was about: ordinary care, care of a person insured elsewhere, care over the internet. `visit` is the mdtrt_id that it was about, `undoes` the message that a 2601 names. Of a failed one the reason is kept.
    """

    class Business(models.TextChoices):
        """Which business it belongs to (区分正常、异地、互联网业务)."""

        NORMAL = "normal", _("ordinary")
        CROSS_REGION = "cross_region", _("of another region")
        INTERNET = "internet", _("over the internet")

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    access_point = models.ForeignKey(AccessPoint, models.PROTECT, db_index=False, verbose_name=_("access point"))
    infno = models.CharField(_("transaction"), max_length=10)
    msgid = models.CharField(_("message number"), max_length=64)
    is_performed = models.BooleanField(_("performed correctly"))
    visit = models.CharField(_("visit (mdtrt_id)"), max_length=30, blank=True)
    business = models.CharField(_("business"), max_length=12, choices=Business.choices, blank=True, db_default="")
    undoes = models.CharField(_("message undone"), max_length=64, blank=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    sentence_zh = models.TextField(_("sentence in Chinese"), blank=True)
    sentence_en = models.TextField(_("sentence in English"), blank=True)
    faults = models.JSONField(_("refused fields"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("performed transaction")
        verbose_name_plural = _("performed transactions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "access_point", "id"], name="performance_of_institution")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_performed=True, error_code="") | Q(is_performed=False) & ~Q(error_code=""),
                name="performance_failed_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infno} {self.msgid}"


class InterfaceSpecification(models.Model):
    """An interface specification that a region published (接口规范): version, document, from when, and its digest. Append only.

    The digest is SHA-256 over every transaction and field that this platform speaks, so that it shows whether the platform still
    speaks what was published. Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第十二条.
    """

    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    version = models.CharField(_("version"), max_length=30)
    document = models.CharField(_("document"), max_length=200)
    digest = models.CharField(_("digest (SHA-256)"), max_length=64)
    in_force_from = models.DateField(_("in force from"))
    published_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("published by"))
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("interface specification")
        verbose_name_plural = _("interface specifications")
        ordering = ["-in_force_from", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["region", "version"], name="specification_has_its_version"),
            models.UniqueConstraint(fields=["region", "in_force_from"], name="one_specification_a_day"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="specification_digest_has_form"),
            models.CheckConstraint(condition=~Q(version="") & ~Q(document=""), name="specification_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.version}"


class AcceptanceReport(models.Model):
    """An acceptance report (验收报告) as it was issued, with the whole judgement and its SHA-256. Append only.

    `specification` is the one in force that day, to which the system was rebuilt; none where the region had published none.
    """

    class Kind(models.TextChoices):
        """For which kind of institution it judges."""

        PHARMACY = "pharmacy", _("pharmacy")
        CLINIC = "clinic", _("clinic")
        HOSPITAL_1 = "hospital_1", _("level-one hospital")
        HOSPITAL_2 = "hospital_2", _("hospital of level two or three")
        INTERNET = "internet", _("internet services")

    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    access_point = models.ForeignKey(AccessPoint, models.PROTECT, null=True, blank=True, verbose_name=_("access point"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    is_passed = models.BooleanField(_("passed"))
    specification = models.ForeignKey(
        InterfaceSpecification, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("interface specification"),
    )  # fmt: skip
    judgement = models.JSONField(_("judgement"))
    digest = models.CharField(_("digest (SHA-256)"), max_length=64)
    issued_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("issued by"))
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("acceptance report")
        verbose_name_plural = _("acceptance reports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["pharmacy", "clinic", "hospital_1", "hospital_2", "internet"]),
                name="acceptance_kind_is_known",
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="acceptance_digest_has_form"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.digest[:8]}"
