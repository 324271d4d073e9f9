from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.catalogue.models import Item
from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement


class Movement(models.Model):
    """Goods that came, went or were counted (进销存记录); its number is the serial that 3508 to 3511 show. Append only.

    `quantity_e4` is what was sent. `delta_e4` is what it did to the balance in packs, `loose_e4` to the units of opened
    packs (拆零); of a count (盘存) the database works both out. A deletion (3507) is a movement that undoes another.
    """

    class Kind(models.TextChoices):
        """What happened."""

        COUNT = "count", _("stock-take")
        CHANGE = "change", _("change of stock")
        PURCHASE = "purchase", _("purchase")
        PURCHASE_RETURN = "purchase_return", _("returned to the supplier")
        SALE = "sale", _("sale")
        SALE_RETURN = "sale_return", _("returned by the buyer")
        DELETION = "deletion", _("deletion of a record")

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    item_code = models.CharField(_("item code"), max_length=50)
    own_code = models.CharField(_("own code"), max_length=30)
    own_name = models.CharField(_("own name"), max_length=200)
    batch_number = models.CharField(_("batch serial"), max_length=30)
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    delta_e4 = models.BigIntegerField(_("change of the balance (ten-thousandths)"))
    loose_e4 = models.BigIntegerField(_("change of loose units (ten-thousandths)"))
    is_split = models.BooleanField(_("from an opened pack"))
    change_kind = models.CharField(_("kind of change"), max_length=6, blank=True)
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"), null=True)
    rx_flag = models.CharField(_("prescription drug"), max_length=3, blank=True)
    lot = models.CharField(_("lot"), max_length=30, blank=True)
    made_on = models.DateField(_("made on"), null=True)
    expires_on = models.DateField(_("expires on"), null=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    counterpart = models.CharField(_("supplier"), max_length=200, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, verbose_name=_("buyer"))
    settlement = models.ForeignKey(Settlement, models.PROTECT, null=True, verbose_name=_("settlement"))
    details = models.JSONField(_("further details"), default=dict)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="deletion", verbose_name=_("record deleted")
    )
    infno = models.CharField(_("transaction"), max_length=6)
    msgid = models.CharField(_("message number"), max_length=30)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("movement of goods")
        verbose_name_plural = _("movements of goods")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["institution", "kind", "-id"], name="movements_of_house"),
            models.Index(fields=["institution", "batch_number"], name="movements_of_batch"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_e4__gte=0), name="movement_quantity_is_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="deletion", undoes__isnull=False) | ~Q(kind="deletion") & Q(undoes=None),
                name="deletion_names_what_it_undoes",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["purchase", "sale_return"]) | Q(delta_e4__gte=0, loose_e4__gte=0),
                name="what_comes_in_adds",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["sale", "purchase_return"]) | Q(delta_e4__lte=0, loose_e4__lte=0),
                name="what_goes_out_takes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.own_name}"


class Balance(models.Model):
    """What of a batch an institution has (库存), written by the database with each movement and by nobody else.

    Below nought more was sold than was ever reported to have come: a finding for the agency, not an error of ours.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    item_code = models.CharField(_("item code"), max_length=50)
    batch_number = models.CharField(_("batch serial"), max_length=30)
    own_name = models.CharField(_("own name"), max_length=200)
    expires_on = models.DateField(_("expires on"), null=True)
    quantity_e4 = models.BigIntegerField(_("packs (ten-thousandths)"))
    loose_e4 = models.BigIntegerField(_("loose units (ten-thousandths)"))
    moved_at = models.DateTimeField(_("last moved at"))

    class Meta:
        verbose_name = _("balance of goods")
        verbose_name_plural = _("balances of goods")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "item_code", "batch_number"], name="one_balance_for_each_batch"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.item_code} {self.batch_number}"


class PackContent(models.Model):
    """How many smallest units a pack of an item holds (包装数量), against which split packs are counted."""

    item = models.OneToOneField(Item, models.PROTECT, verbose_name=_("item"))
    units = models.IntegerField(_("units in a pack"))
    source = models.CharField(_("source"), max_length=200)
    trust = models.CharField(_("trust"), max_length=20)

    class Meta:
        verbose_name = _("content of a pack")
        verbose_name_plural = _("contents of packs")
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="pack_holds_something")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.units}"


class TraceCode(models.Model):
    """One pack by its drug trace code (药品追溯码); whoever judges its sales holds this row."""

    code = models.CharField(_("trace code"), max_length=100, unique=True)
    item_code = models.CharField(_("item code"), max_length=50)

    class Meta:
        verbose_name = _("trace code")
        verbose_name_plural = _("trace codes")
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="trace_code_is_not_empty")]

    def __str__(self) -> str:
        return self.code


class TraceEntry(models.Model):
    """A pack that a movement other than a sale names: bought, counted, sent back (入库追溯信息). Append only."""

    code = models.ForeignKey(TraceCode, models.PROTECT, related_name="entries", verbose_name=_("trace code"))
    movement = models.ForeignKey(Movement, models.PROTECT, related_name="trace_entries", verbose_name=_("movement"))

    class Meta:
        verbose_name = _("trace code of a movement")
        verbose_name_plural = _("trace codes of movements")

    def __str__(self) -> str:
        return f"{self.code_id} {self.movement_id}"


class TraceSale(models.Model):
    """The sale of a pack, or of units from it, by its trace code: with a settlement (2207) or reported as a sale (3505).

    What is given back is counted in `returned_e4`, the only column that ever changes. Only one sale of a whole pack
    stands at a time, unless the setting lets repeats through, which are then marked `is_repeat`.
    """

    class Suspicion(models.TextChoices):
        """What is wrong with it."""

        SOLD_TWICE = "sold_twice", _("sold before at the same institution")
        SOLD_ELSEWHERE = "sold_elsewhere", _("sold before at another institution")
        OVER_CONTENT = "over_content", _("more units than the pack holds")
        OTHER_ITEM = "other_item", _("the code was another drug's before")
        NEVER_BOUGHT = "never_bought", _("not among the codes bought of this drug")

    code = models.ForeignKey(TraceCode, models.PROTECT, related_name="sales", verbose_name=_("trace code"))
    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    item_code = models.CharField(_("item code"), max_length=50)
    person = models.ForeignKey(Person, models.PROTECT, null=True, verbose_name=_("buyer"))
    movement = models.ForeignKey(
        Movement, models.PROTECT, null=True, related_name="trace_sales", verbose_name=_("movement")
    )
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, related_name="trace_sales", verbose_name=_("settlement")
    )
    line_number = models.CharField(_("fee line"), max_length=30, blank=True)
    is_split = models.BooleanField(_("from an opened pack"))
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    returned_e4 = models.BigIntegerField(_("given back (ten-thousandths)"), default=0)
    is_repeat = models.BooleanField(_("let through though sold before"))
    suspicions = ArrayField(
        models.CharField(max_length=14, choices=Suspicion.choices), default=list, verbose_name=_("suspicions")
    )
    infno = models.CharField(_("transaction"), max_length=6)
    msgid = models.CharField(_("message number"), max_length=30)
    sold_at = models.DateTimeField(_("sold at"))

    class Meta:
        verbose_name = _("sale by trace code")
        verbose_name_plural = _("sales by trace code")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["-id"], condition=~Q(suspicions=[]), name="suspicious_sales"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(is_split=False, is_repeat=False, returned_e4=0),
                name="trace_code_is_sold_once",
            ),
            models.CheckConstraint(
                condition=Q(quantity_e4__gt=0, returned_e4__gte=0, returned_e4__lte=F("quantity_e4")),
                name="no_more_is_returned_than_was_sold",
            ),
            models.CheckConstraint(
                condition=Q(movement__isnull=False) | Q(settlement__isnull=False), name="trace_sale_says_by_what"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} {self.institution_id}"
