from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.people.models import Person
from yibao.domains.prescriptions.states import State, Step
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember
from yibao.domains.visits.models import Visit


class SigningKey(models.Model):
    """A key for signatures (电子签名密钥), SM2, of a practitioner or for an institution's seal: the public half and its certificate.

    The private half stands here, sealed, only where the platform signs in the practitioner's place after a password
    (云签名); in earnest practitioners keep it themselves. A key is never changed; only its end may be set, and its seal.
    """

    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="signing_keys", verbose_name=_("practitioner")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="seal_keys", verbose_name=_("institution")
    )
    public_key = models.CharField(_("public key"), max_length=128)
    sealed = models.BinaryField(_("sealed private key"), default=b"", db_default=b"", editable=False)
    certificate_number = models.CharField(_("certificate serial"), max_length=200, blank=True)
    certificate_name = models.CharField(_("certificate name"), max_length=500, blank=True)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("key for signatures")
        verbose_name_plural = _("keys for signatures")
        constraints = [
            models.UniqueConstraint(fields=["public_key"], name="signing_key_is_of_one_practitioner"),
            models.CheckConstraint(condition=Q(public_key__regex=r"^[0-9a-f]{128}$"), name="signing_key_has_its_form"),
            models.CheckConstraint(
                condition=Q(practitioner=None) ^ Q(institution=None), name="signing_key_is_of_one_signer"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="signing_key_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.public_key[:16]


class Seat(models.Model):
    """Which practitioner signs in as which member of an institution's staff (医师、药师工作账号)."""

    member = models.OneToOneField(StaffMember, models.PROTECT, related_name="seat", verbose_name=_("staff member"))
    practitioner = models.OneToOneField(
        Practitioner, models.PROTECT, related_name="seat", verbose_name=_("practitioner")
    )

    class Meta:
        verbose_name = _("account of a practitioner")
        verbose_name_plural = _("accounts of practitioners")

    def __str__(self) -> str:
        return f"{self.member_id} {self.practitioner_id}"


class Prescription(models.Model):
    """An electronic prescription (电子处方); its number is the hi_rxno (医保处方编号).

    What it says never changes. How it stands, from `state` to `claimed_at`, follows from its events: the database writes
    it when an event is entered, and nobody else can. `text` is what its signatures are made over.
    """

    number = models.CharField(_("prescription number"), max_length=30, unique=True)
    trace_code = models.CharField(_("prescription trace code"), max_length=20, unique=True)
    qr_code = models.CharField(_("QR text"), max_length=27, unique=True)
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="prescriptions", db_index=False, verbose_name=_("hospital")
    )
    number_at_institution = models.CharField(_("number at the hospital"), max_length=40)
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="prescriptions", verbose_name=_("visit"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="prescriptions", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=6, blank=True)
    physician = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("physician"))
    department_code = models.CharField(_("department code"), max_length=30, blank=True)
    department_name = models.CharField(_("department"), max_length=50, blank=True)
    diagnosis_code = models.CharField(_("diagnosis code"), max_length=30)
    diagnosis_name = models.CharField(_("diagnosis"), max_length=100)
    prescribed_at = models.DateTimeField(_("prescribed at"))
    valid_until = models.DateTimeField(_("valid until"))
    is_for_outside = models.BooleanField(_("may be dispensed elsewhere"))
    most_uses = models.IntegerField(_("most uses"), default=1)
    interval_days = models.IntegerField(_("least days between uses"), default=0)
    renews = models.CharField(_("number of the renewed prescription"), max_length=40, blank=True)
    details = models.JSONField(_("further details"), default=dict)
    text = models.TextField(_("signed text"))
    infno = models.CharField(_("transaction"), max_length=6, blank=True)
    msgid = models.CharField(_("message number"), max_length=30, blank=True)
    entered_at = models.DateTimeField(_("entered at"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    uses = models.IntegerField(_("uses finished"), default=0)
    place = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="+", verbose_name=_("place chosen"))
    holder = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="+", verbose_name=_("held by"))
    moved_at = models.DateTimeField(_("last step at"))

    class Meta:
        verbose_name = _("prescription")
        verbose_name_plural = _("prescriptions")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["institution", "state", "-id"], name="prescriptions_of_hospital"),
            models.Index(fields=["place", "state"], name="prescriptions_for_place"),
            models.Index(
                fields=["valid_until"],
                condition=~Q(state__in=["refused", "dispensed", "withdrawn", "expired"]),
                name="prescriptions_to_expire",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number_at_institution"],
                condition=~Q(state__in=["withdrawn", "refused"]),
                name="prescription_number_is_used_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("prescribed_at")), name="prescription_is_valid_for_a_time"
            ),
            models.CheckConstraint(
                condition=Q(most_uses__gte=1, interval_days__gte=0, uses__gte=0, uses__lte=F("most_uses")),
                name="prescription_is_used_so_often_at_most",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "reviewed"], holder__isnull=False)
                | ~Q(state__in=["claimed", "reviewed"]) & Q(holder=None),
                name="claimed_prescription_has_a_holder",
            ),
            models.CheckConstraint(
                condition=~Q(state="placed") | Q(place__isnull=False), name="placed_prescription_has_a_place"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="prescription_state_is_known"),
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """A drug of a prescription (处方药品); quantities count ten-thousandths of `unit`.

    `dispensed_e4` is what stands dispensed over all uses and institutions; the database counts it with every sale and
    return, and lets no use go above `quantity_e4`.
    """

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="lines", verbose_name=_("prescription"))
    rank = models.IntegerField(_("rank"))
    item_code = models.CharField(_("item code"), max_length=50)
    item_name = models.CharField(_("drug"), max_length=500)
    specification = models.CharField(_("specification"), max_length=40)
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    unit = models.CharField(_("unit"), max_length=20)
    details = models.JSONField(_("further details"), default=dict)
    dispensed_e4 = models.BigIntegerField(_("dispensed (ten-thousandths)"), default=0)

    class Meta:
        verbose_name = _("drug of a prescription")
        verbose_name_plural = _("drugs of prescriptions")
        ordering = ["prescription", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "rank"], name="prescription_line_has_a_rank"),
            models.CheckConstraint(condition=Q(quantity_e4__gt=0), name="prescribed_quantity_is_positive"),
            models.CheckConstraint(condition=Q(dispensed_e4__gte=0), name="dispensed_quantity_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.rank}"


class Signature(models.Model):
    """A signature over a prescription's text (电子签名), checked when it came. Append only.

    The institution's seal (医保电子签名) is made by the platform's key of that institution; the others by practitioners.
    """

    class Role(models.TextChoices):
        """Who signed as what."""

        PHYSICIAN = "physician", _("physician")
        PHARMACIST = "pharmacist", _("hospital's pharmacist")
        RETAIL_PHARMACIST = "retail", _("pharmacy's pharmacist")
        SEAL = "seal", _("institution's seal")

    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="signatures", verbose_name=_("prescription")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="+", verbose_name=_("practitioner")
    )
    public_key = models.CharField(_("public key"), max_length=128)
    signed_text = models.TextField(_("signed text"))
    signature = models.CharField(_("signature"), max_length=128)
    signed_at = models.DateTimeField(_("signed at"))

    class Meta:
        verbose_name = _("signature of a prescription")
        verbose_name_plural = _("signatures of prescriptions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription"], condition=Q(role="physician"), name="physician_signs_once"
            ),
            models.CheckConstraint(
                condition=Q(signature__regex=r"^[0-9a-f]{128}$", public_key__regex=r"^[0-9a-f]{128}$"),
                name="signature_has_its_form",
            ),
            models.CheckConstraint(
                condition=Q(role="seal", practitioner=None) | ~Q(role="seal") & Q(practitioner__isnull=False),
                name="signature_names_its_practitioner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.role}"


class Event(models.Model):
    """One step in a prescription's life (处方流转记录), counted from one; how it stands afterwards follows. Append only."""

    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="events", verbose_name=_("prescription")
    )
    number = models.IntegerField(_("number"))
    step = models.CharField(_("step"), max_length=15, choices=Step.choices)
    state_before = models.CharField(_("state before"), max_length=10, choices=State.choices, blank=True)
    state_after = models.CharField(_("state after"), max_length=10, choices=State.choices)
    uses_after = models.IntegerField(_("uses finished"))
    place_after = models.ForeignKey(
        Institution, models.PROTECT, null=True, related_name="+", verbose_name=_("place chosen")
    )
    holder_after = models.ForeignKey(
        Institution, models.PROTECT, null=True, related_name="+", verbose_name=_("held by")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, related_name="+", verbose_name=_("institution")
    )
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="+", verbose_name=_("practitioner")
    )
    actor = models.CharField(_("actor"), max_length=150)
    happened_at = models.DateTimeField(_("happened at"))
    details = models.JSONField(_("further details"), default=dict)
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("step of a prescription")
        verbose_name_plural = _("steps of prescriptions")
        ordering = ["prescription", "number"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "number"], name="prescription_steps_are_counted"),
            models.CheckConstraint(condition=Q(step__in=Step.values), name="prescription_step_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.step}"


class Authorisation(models.Model):
    """A dispenser's leave to read and claim a prescription (处方授权): its QR was shown there, or the place was chosen. Append only."""

    class Kind(models.TextChoices):
        """By what: epc_token and auth_rxno."""

        SHOWN = "shown", _("QR shown")
        CHOSEN = "chosen", _("place chosen")

    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="authorisations", verbose_name=_("prescription")
    )
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    code = models.CharField(_("code"), max_length=64, unique=True)
    given_at = models.DateTimeField(_("given at"))
    valid_until = models.DateTimeField(_("valid until"))

    class Meta:
        verbose_name = _("leave to dispense")
        verbose_name_plural = _("leaves to dispense")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.kind}"


class Dispensing(models.Model):
    """Drugs that were handed over on a prescription, or given back (发药、退药). Append only.

    A return names the sale that it undoes a part of. Amounts are what the dispenser reported, in fen.
    """

    class Kind(models.TextChoices):
        """Which way the drugs went."""

        SALE = "sale", _("handed over")
        RETURN = "return", _("given back")

    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="dispensings", verbose_name=_("prescription")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="returns", verbose_name=_("sale given back")
    )
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    use_number = models.IntegerField(_("number of the use"))
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, related_name="dispensings", verbose_name=_("settlement")
    )
    amount_fen = models.BigIntegerField(_("amount (fen)"), null=True)
    fund_fen = models.BigIntegerField(_("paid by funds (fen)"), null=True)
    account_fen = models.BigIntegerField(_("paid from accounts (fen)"), null=True)
    cash_fen = models.BigIntegerField(_("paid in cash (fen)"), null=True)
    details = models.JSONField(_("further details"), default=dict)
    happened_at = models.DateTimeField(_("happened at"))
    infno = models.CharField(_("transaction"), max_length=6, blank=True)
    msgid = models.CharField(_("message number"), max_length=30, blank=True)
    actor = models.CharField(_("actor"), max_length=150)
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("dispensing")
        verbose_name_plural = _("dispensings")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="sale", undoes=None) | Q(kind="return", undoes__isnull=False),
                name="return_names_its_sale",
            ),
            models.CheckConstraint(condition=Q(use_number__gte=1), name="dispensing_is_of_a_use"),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.kind}"


class DispensedLine(models.Model):
    """So much of a prescribed drug, with the packs it came from (发药明细). Append only."""

    dispensing = models.ForeignKey(Dispensing, models.PROTECT, related_name="lines", verbose_name=_("dispensing"))
    line = models.ForeignKey(Line, models.PROTECT, related_name="dispensed", verbose_name=_("drug of a prescription"))
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"), null=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"), null=True)
    is_split = models.BooleanField(_("from an opened pack"), default=False)
    trace_codes = ArrayField(models.CharField(max_length=100), default=list, verbose_name=_("trace codes"))
    details = models.JSONField(_("further details"), default=dict)

    class Meta:
        verbose_name = _("drug dispensed")
        verbose_name_plural = _("drugs dispensed")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(quantity_e4__gt=0), name="dispensed_line_is_something")]

    def __str__(self) -> str:
        return f"{self.dispensing_id} {self.line_id}"


class Notification(models.Model):
    """What an institution is to be told (通知): 7108 of a review, 7109 of a dispensing; sent until it is taken.

    What is told never changes; only how the sending fares is written.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="notifications", verbose_name=_("prescription")
    )
    infno = models.CharField(_("transaction"), max_length=6)
    content = models.JSONField(_("content"))
    made_at = models.DateTimeField(_("made at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"))
    trouble = models.CharField(_("last trouble"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("notification of a hospital")
        verbose_name_plural = _("notifications of hospitals")
        ordering = ["id"]
        indexes = [models.Index(fields=["next_at"], condition=Q(sent_at=None), name="notifications_to_send")]
        constraints = [
            models.CheckConstraint(condition=Q(infno__in=["7108", "7109"]), name="notification_is_a_known_one"),
            models.CheckConstraint(condition=Q(attempts__gte=0), name="notification_attempts_are_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.infno} {self.prescription_id}"
