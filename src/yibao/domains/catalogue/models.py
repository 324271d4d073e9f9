from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.models import Division


class Item(models.Model):
    """A drug, consumable or service with its national code (医保药品、医用耗材、医疗服务项目)."""

    class Kind(models.TextChoices):
        """Which national list it stands in."""

        DRUG = "drug", _("drug")
        DECOCTION_PIECE = "decoction_piece", _("decoction piece")
        CONSUMABLE = "consumable", _("consumable")
        SERVICE = "service", _("service")

    code = models.CharField(_("code"), max_length=50, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=200)
    specification = models.CharField(_("specification"), max_length=200, blank=True)
    dosage_form = models.CharField(_("dosage form"), max_length=100, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    maker = models.CharField(_("maker"), max_length=200, blank=True)
    charge_category = models.CharField(_("charge category"), max_length=6)
    is_essential = models.BooleanField(_("essential medicine"), default=False)
    is_negotiated = models.BooleanField(_("negotiated drug"), default=False)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    version = models.CharField(_("version"), max_length=20)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("catalogue item")
        verbose_name_plural = _("catalogue items")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="item_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Coverage(models.Model):
    """How a region's scheme covers an item for a time: class 甲 01, 乙 02, 丙 03 and the share paid first by the person.

    No two rows of one item, region and scheme overlap in time; the database refuses it.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="coverages", verbose_name=_("item"))
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    scheme = models.CharField(_("scheme"), max_length=6)
    item_class = models.CharField(_("class"), max_length=2)
    self_pay_first_ppm = models.IntegerField(_("self-pay-first ratio (ppm)"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverages")
        indexes = [models.Index(fields=["region", "scheme"])]
        constraints = [
            models.CheckConstraint(condition=Q(item_class__in=["01", "02", "03"]), name="coverage_class_is_known"),
            models.CheckConstraint(
                condition=Q(self_pay_first_ppm__gte=0, self_pay_first_ppm__lte=1_000_000),
                name="coverage_ratio_is_a_ratio",
            ),
            models.CheckConstraint(
                condition=~Q(item_class="01") | Q(self_pay_first_ppm=0), name="class_a_has_no_self_pay_first"
            ),
            models.CheckConstraint(
                condition=~Q(item_class="03") | Q(self_pay_first_ppm=1_000_000), name="class_c_is_self_paid"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="coverage_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.scheme} {self.item_class}"


class ItemMark(models.Model):
    """What an item counts as in a region for a time, beside its class: a component of the law, or a kind of care.

    `mark` is the law's own name: a part carved out of bills (special_drugs, negative_list) or the kind of care under which
    a bill of nothing else is settled (negotiated_drugs, 国谈药双通道). An item has one mark of a region at a time.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="marks", verbose_name=_("item"))
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    mark = models.CharField(_("mark"), max_length=60)
    document = models.CharField(_("document"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("mark of an item")
        verbose_name_plural = _("marks of items")
        constraints = [
            models.CheckConstraint(condition=Q(mark__regex=r"^[a-z][a-z0-9_]*$"), name="item_mark_is_a_name"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="item_mark_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.mark}"


class CeilingPrice(models.Model):
    """The highest price that is in scope (限价) for an item at a level of institution, for a time."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="ceiling_prices", verbose_name=_("item"))
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    level = models.CharField(_("level"), max_length=20)
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("ceiling price")
        verbose_name_plural = _("ceiling prices")
        constraints = [
            models.CheckConstraint(condition=Q(price_e6__gt=0), name="ceiling_price_is_positive"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="ceiling_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.level}"


class Disease(models.Model):
    """A diagnosis, operation or special-disease code of the insurance editions (医保版)."""

    class Kind(models.TextChoices):
        """Which classification it stands in."""

        DIAGNOSIS = "diagnosis", _("diagnosis")
        OPERATION = "operation", _("operation")
        SPECIAL = "special", _("chronic or special disease")

    code = models.CharField(_("code"), max_length=30)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=500)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("disease")
        verbose_name_plural = _("diseases")
        ordering = ["kind", "code"]
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="disease_code_is_unique")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
