from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import Visit


class SettlementList(models.Model):
    """One version of the settlement list (结算清单) of a settlement; its number is the setl_list_id.

    What was uploaded never changes; a corrected list is the next version. Only `state` follows the steps (4102), which
    the database writes. What no law groups or pays by (addresses, contacts, the filler's words) stands in `details`.
    """

    class State(models.TextChoices):
        """Where it stands (状态类型, stas_type): codes as clients send them."""

        DRAFT = "0", _("not submitted")
        SUBMITTED = "1", _("submitted")

    settlement = models.ForeignKey(
        Settlement, models.PROTECT, related_name="lists", db_index=False, verbose_name=_("settlement")
    )
    visit = models.ForeignKey(Visit, models.PROTECT, verbose_name=_("visit"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    version = models.IntegerField(_("version"))
    state = models.CharField(_("state"), max_length=1, choices=State.choices)
    checks_version = models.CharField(_("version of the checks"), max_length=60)
    errors = models.IntegerField(_("errors"))
    warnings = models.IntegerField(_("warnings"))
    record_number = models.CharField(_("case record number"), max_length=40, blank=True)
    sex = models.CharField(_("sex"), max_length=6, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True)
    age_years = models.IntegerField(_("age (years)"), null=True)
    age_days = models.IntegerField(_("age (days, below one year)"), null=True)
    nationality = models.CharField(_("nationality"), max_length=6, blank=True)
    ethnicity = models.CharField(_("ethnicity"), max_length=3, blank=True)
    occupation = models.CharField(_("occupation"), max_length=6, blank=True)
    newborn_kind = models.CharField(_("kind of newborn admission"), max_length=3, blank=True)
    birth_weight_cg = models.BigIntegerField(_("birth weight (hundredths of a gram)"), null=True)
    admission_weight_cg = models.BigIntegerField(_("admission weight (hundredths of a gram)"), null=True)
    medical_kind = models.CharField(_("kind of inpatient care"), max_length=3, blank=True)
    treatment_kind = models.CharField(_("kind of treatment"), max_length=3, blank=True)
    admission_way = models.CharField(_("way of admission"), max_length=3, blank=True)
    admitted_at = models.DateTimeField(_("admitted at"), null=True)
    admission_department = models.CharField(_("department of admission"), max_length=6, blank=True)
    transfer_department = models.CharField(_("department of transfer"), max_length=6, blank=True)
    discharged_at = models.DateTimeField(_("discharged at"), null=True)
    discharge_department = models.CharField(_("department of discharge"), max_length=6, blank=True)
    discharge_way = models.CharField(_("way of discharge"), max_length=3, blank=True)
    stay_days = models.IntegerField(_("days of stay"), null=True)
    outpatient_code = models.CharField(_("outpatient diagnosis code"), max_length=20, blank=True)
    outpatient_name = models.CharField(_("outpatient diagnosis"), max_length=200, blank=True)
    outpatient_tcm_code = models.CharField(_("outpatient TCM diagnosis code"), max_length=20, blank=True)
    outpatient_tcm_name = models.CharField(_("outpatient TCM diagnosis"), max_length=200, blank=True)
    ventilator_minutes = models.IntegerField(_("on a ventilator (minutes)"), null=True)
    coma_before_minutes = models.IntegerField(_("coma before admission (minutes)"), null=True)
    coma_after_minutes = models.IntegerField(_("coma after admission (minutes)"), null=True)
    special_nursing_days = models.IntegerField(_("special nursing (days)"), null=True)
    first_nursing_days = models.IntegerField(_("first-grade nursing (days)"), null=True)
    second_nursing_days = models.IntegerField(_("second-grade nursing (days)"), null=True)
    third_nursing_days = models.IntegerField(_("third-grade nursing (days)"), null=True)
    physician_code = models.CharField(_("responsible physician's code"), max_length=30, blank=True)
    physician_name = models.CharField(_("responsible physician"), max_length=50, blank=True)
    pay_method = models.CharField(_("payment method"), max_length=3, blank=True)
    settled_from = models.DateField(_("settled from"), null=True)
    settled_until = models.DateField(_("settled until"), null=True)
    bill_code = models.CharField(_("bill code"), max_length=50, blank=True)
    bill_number = models.CharField(_("bill number"), max_length=30, blank=True)
    self_paid_fen = models.BigIntegerField(_("paid by the person within the catalogue (fen)"), null=True)
    own_cost_fen = models.BigIntegerField(_("paid by the person outside the catalogue (fen)"), null=True)
    account_fen = models.BigIntegerField(_("paid from the account (fen)"), null=True)
    cash_fen = models.BigIntegerField(_("paid in cash (fen)"), null=True)
    details = models.JSONField(_("further details"), default=dict)
    infno = models.CharField(_("transaction"), max_length=6)
    msgid = models.CharField(_("message number"), max_length=30)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("settlement list")
        verbose_name_plural = _("settlement lists")
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "-id"], name="settlement_lists_of_house")]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "version"], name="list_versions_are_counted"),
            models.CheckConstraint(condition=Q(version__gt=0), name="list_versions_begin_with_one"),
            models.CheckConstraint(condition=Q(state__in=["0", "1"]), name="list_state_is_known"),
            models.CheckConstraint(condition=~Q(state="1") | Q(errors=0), name="faulty_lists_are_not_submitted"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ListStep(models.Model):
    """A change of a list's state: submitted, or taken back to be corrected (状态修改, 4102). Append only."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="steps", verbose_name=_("settlement list")
    )
    state = models.CharField(_("state"), max_length=1, choices=SettlementList.State.choices)
    msgid = models.CharField(_("message number"), max_length=30)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("step of a settlement list")
        verbose_name_plural = _("steps of settlement lists")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.state}"


class ListDiagnosis(models.Model):
    """A diagnosis of a list, in the order sent; Western or of traditional medicine by its kind (诊断类别)."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="diagnoses", verbose_name=_("settlement list")
    )
    rank = models.IntegerField(_("rank"))
    kind = models.CharField(_("kind"), max_length=3)
    is_main = models.BooleanField(_("main diagnosis"))
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    condition = models.CharField(_("condition at admission"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("diagnosis of a settlement list")
        verbose_name_plural = _("diagnoses of settlement lists")
        ordering = ["settlement_list", "rank"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ListOperation(models.Model):
    """An operation or procedure of a list, in the order sent (手术及操作); the first of the kind "main" leads."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="operations", verbose_name=_("settlement list")
    )
    rank = models.IntegerField(_("rank"))
    kind = models.CharField(_("kind"), max_length=3, blank=True)
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=500, blank=True)
    began_at = models.DateTimeField(_("began at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    anaesthesia = models.CharField(_("anaesthesia"), max_length=6, blank=True)
    anaesthesia_began_at = models.DateTimeField(_("anaesthesia began at"), null=True)
    anaesthesia_ended_at = models.DateTimeField(_("anaesthesia ended at"), null=True)
    surgeon_code = models.CharField(_("surgeon's code"), max_length=20, blank=True)
    surgeon_name = models.CharField(_("surgeon"), max_length=50, blank=True)
    anaesthetist_code = models.CharField(_("anaesthetist's code"), max_length=20, blank=True)
    anaesthetist_name = models.CharField(_("anaesthetist"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("operation of a settlement list")
        verbose_name_plural = _("operations of settlement lists")
        ordering = ["settlement_list", "rank"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ListIntensiveCare(models.Model):
    """A stay in intensive care (重症监护)."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="intensive_care", verbose_name=_("settlement list")
    )
    rank = models.IntegerField(_("rank"))
    ward_kind = models.CharField(_("kind of ward"), max_length=6)
    entered_at = models.DateTimeField(_("entered at"))
    left_at = models.DateTimeField(_("left at"))
    minutes = models.IntegerField(_("minutes"), null=True)

    class Meta:
        verbose_name = _("intensive care of a settlement list")
        verbose_name_plural = _("intensive care of settlement lists")
        ordering = ["settlement_list", "rank"]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.ward_kind}"


class ListTransfusion(models.Model):
    """Blood given (输血): kind, amount and its unit."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="transfusions", verbose_name=_("settlement list")
    )
    rank = models.IntegerField(_("rank"))
    kind = models.CharField(_("kind"), max_length=3)
    amount = models.IntegerField(_("amount"), null=True)
    unit = models.CharField(_("unit"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("transfusion of a settlement list")
        verbose_name_plural = _("transfusions of settlement lists")
        ordering = ["settlement_list", "rank"]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.kind}"


class ListCharge(models.Model):
    """What a charge category came to on the list's bill (收费项目), split by class."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="charges", verbose_name=_("settlement list")
    )
    category = models.CharField(_("charge category"), max_length=6)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    class_a_fen = models.BigIntegerField(_("class A (fen)"))
    class_b_fen = models.BigIntegerField(_("class B (fen)"))
    self_paid_fen = models.BigIntegerField(_("self-paid (fen)"))
    other_fen = models.BigIntegerField(_("other (fen)"))

    class Meta:
        verbose_name = _("charge of a settlement list")
        verbose_name_plural = _("charges of settlement lists")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.category}"


class ListPayment(models.Model):
    """What a fund paid by the list's own words (基金支付)."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="payments", verbose_name=_("settlement list")
    )
    fund = models.CharField(_("fund"), max_length=6)
    amount_fen = models.BigIntegerField(_("amount (fen)"))

    class Meta:
        verbose_name = _("payment of a settlement list")
        verbose_name_plural = _("payments of settlement lists")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.fund}"


class ListDisease(models.Model):
    """A chronic or special disease treated without a stay (门诊慢特病诊疗信息)."""

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="diseases", verbose_name=_("settlement list")
    )
    rank = models.IntegerField(_("rank"))
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    operation_code = models.CharField(_("operation code"), max_length=30, blank=True)
    operation_name = models.CharField(_("operation"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("chronic disease of a settlement list")
        verbose_name_plural = _("chronic diseases of settlement lists")
        ordering = ["settlement_list", "rank"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ListFinding(models.Model):
    """What a check found in a field of a list (质控结果): an error sends it back, a warning asks for a second look."""

    class Level(models.TextChoices):
        """Error grade (错误等级)."""

        ERROR = "1", _("error")
        WARNING = "2", _("warning")

    settlement_list = models.ForeignKey(
        SettlementList, models.PROTECT, related_name="findings", verbose_name=_("settlement list")
    )
    check_id = models.CharField(_("check"), max_length=60)
    level = models.CharField(_("level"), max_length=1, choices=Level.choices)
    field = models.CharField(_("field"), max_length=100)
    value = models.CharField(_("value sent"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("finding in a settlement list")
        verbose_name_plural = _("findings in settlement lists")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(level__in=["1", "2"]), name="finding_level_is_known")]

    def __str__(self) -> str:
        return f"{self.settlement_list_id} {self.check_id} {self.field}"
