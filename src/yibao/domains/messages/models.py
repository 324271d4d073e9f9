from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division


class AccessPoint(models.Model):
    """One way in (接入点): a URL prefix with its scheme of signing and the habits of the clients behind it."""

    class InfcodeType(models.TextChoices):
        """The JSON type in which clients of this access point expect infcode."""

        NUMBER = "number", _("number")
        STRING = "string", _("text")

    class Scheme(models.TextChoices):
        """The schemes of signing, each a file of the gateway's `schemes`."""

        NONE = "none", _("none (nothing is signed)")
        CSB = "csb", _("csb (service bus, HMAC-SHA1)")
        TIF = "tif", _("tif (government cloud, SHA-256)")
        X_CA = "x-ca", _("x-ca (Zhejiang, HMAC-SM3)")
        API_KEY = "apikey", _("apikey (a constant in a header)")
        OAUTH = "oauth", _("oauth (Jilin, token with SM2 and SM4)")
        SM2 = "sm2", _("sm2 (Hubei, SM2 over the members)")
        ENVELOPE = "envelope", _("envelope (prescriptions and mobile payment)")

    class SignedCharset(models.TextChoices):
        """In which character set clients sign the body that they send as UTF-8."""

        UTF_8 = "utf-8", "UTF-8"
        GB2312 = "gb2312", "GB2312"

    name = models.CharField(_("name"), max_length=100)
    path_prefix = models.CharField(_("URL prefix"), max_length=100, unique=True)
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    scheme = models.CharField(_("scheme of signing"), max_length=20, choices=Scheme.choices)
    infcode_type = models.CharField(
        _("type of infcode"), max_length=6, choices=InfcodeType.choices, default=InfcodeType.NUMBER
    )
    window_seconds = models.IntegerField(_("accepted age of a signature (seconds)"), default=1800)
    signed_charset = models.CharField(
        _("character set that is signed"), max_length=10, choices=SignedCharset.choices, default=SignedCharset.UTF_8,
        db_default=SignedCharset.UTF_8,
    )  # fmt: skip
    nonce_once = models.BooleanField(
        _("a nonce lets one message in"), default=True, db_default=True,
        help_text=_("Off: a signature is accepted for any message while it is fresh, as some clients need."),
    )  # fmt: skip
    token_seconds = models.IntegerField(_("life of a token (seconds)"), default=7200, db_default=7200)
    variant = models.CharField(
        _("regional variant"), max_length=30, blank=True, default="", db_default="",
        help_text=_("The names and fields that the clients' region writes otherwise; empty: the national texts."),
    )  # fmt: skip
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        verbose_name = _("access point")
        verbose_name_plural = _("access points")
        ordering = ["path_prefix"]
        constraints = [
            models.CheckConstraint(
                condition=Q(path_prefix="") | Q(path_prefix__regex=r"^(/[A-Za-z0-9_.-]+)+$"),
                name="access_point_prefix_is_a_path",
            ),
            models.CheckConstraint(
                condition=Q(scheme__in=["none", "csb", "tif", "x-ca", "apikey", "oauth", "sm2", "envelope"]),
                name="access_point_scheme_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.path_prefix}"


class Credential(models.Model):
    """A key by which an institution signs at an access point (接入密钥), sealed; an empty one where nothing is signed.

    Several may be in force at once, so that they rotate without a pause. Only its end may be changed, and the seal.
    """

    access_point = models.ForeignKey(
        AccessPoint, models.PROTECT, related_name="credentials", verbose_name=_("access point")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="credentials", verbose_name=_("institution")
    )
    access_key = models.CharField(_("access key"), max_length=100, blank=True)
    sealed = models.BinaryField(_("sealed secret"), default=b"", db_default=b"", editable=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_from=None) | Q(valid_until__gte=F("valid_from")),
                name="credential_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.access_point_id} {self.institution_id}"


class UsedNonce(models.Model):
    """A nonce or signature that let one message in (已用随机数): another message under it is refused."""

    mark = models.UUIDField(_("mark of access point, key and nonce"), primary_key=True)
    digest = models.BinaryField(_("digest of the message"))
    used_until = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("used nonce")
        verbose_name_plural = _("used nonces")

    def __str__(self) -> str:
        return str(self.mark)


class SignIn(models.Model):
    """An operator's signing in (9001) and out (9002) at an institution."""

    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    operator = models.CharField(_("operator"), max_length=20)
    sign_no = models.CharField(_("sign-in number"), max_length=30, unique=True)
    signed_in_at = models.DateTimeField(_("signed in at"))
    signed_out_at = models.DateTimeField(_("signed out at"), null=True)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return self.sign_no


class Message(models.Model):
    """A message that changed something, with the bytes of its answer: written in the very transaction it caused.

    Kept in one table a month (migration 0004); its `MessageNumber` says that nothing happens twice. A msgid that 2601
    reversed before it arrived is kept here without a body, and a late original is refused.
    """

    class State(models.TextChoices):
        """Whether its effect stands."""

        ANSWERED = "answered", _("answered")
        REVERSED = "reversed", _("reversed by 2601")

    # No foreign keys in the database: their check would lock the institution's one row for all of its messages. The
    # insert looks the institution up, the person is locked, and neither is ever deleted.
    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), db_index=False, db_constraint=False
    )
    msgid = models.CharField(_("message number"), max_length=30)
    infno = models.CharField(_("transaction"), max_length=6)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ANSWERED)
    digest = models.BinaryField(_("digest of the body"))
    body = models.BinaryField(_("body"))
    answer = models.BinaryField(_("answer"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, db_index=False, db_constraint=False, verbose_name=_("person")
    )
    subject_id = models.BigIntegerField(_("what it made"), null=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return f"{self.infno} {self.msgid}"


class MessageNumber(models.Model):
    """A message number that an institution has used (报文ID), and where its message is kept.

    (msgid, institution) is unique over all months and stays so when a month's messages are archived. The message is
    found by its id and month; the database has no index by `message`, as nobody looks from there.
    """

    message = models.OneToOneField(
        Message, models.PROTECT, primary_key=True, related_name="number", db_constraint=False, verbose_name=_("message")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, verbose_name=_("institution"), db_index=False, db_constraint=False
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, db_index=False, db_constraint=False, verbose_name=_("person")
    )
    received_at = models.DateTimeField(_("received at"))
    msgid = models.CharField(_("message number"), max_length=30)

    class Meta:
        verbose_name = _("message number")
        verbose_name_plural = _("message numbers")
        constraints = [models.UniqueConstraint(fields=["msgid", "institution"], name="message_number_is_used_once")]

    def __str__(self) -> str:
        return self.msgid


class MessageRate(models.Model):
    """How many messages an institution may send (报文流量上限), where it is not the rate of everybody.

    A bucket holds `burst` messages and gets `per_second` more each second, in each process of the server.
    """

    institution = models.OneToOneField(
        Institution, models.PROTECT, primary_key=True, related_name="message_rate", verbose_name=_("institution")
    )
    per_second = models.PositiveIntegerField(_("messages a second"))
    burst = models.PositiveIntegerField(_("messages at once"))
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("message rate")
        verbose_name_plural = _("message rates")
        constraints = [
            models.CheckConstraint(
                condition=Q(per_second__gte=1) & Q(burst__gte=1), name="message_rate_lets_something_in"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.per_second}/s"


class RecordRead(models.Model):
    """An institution's reading of a person's records through the gateway: who, whose, by which transaction, when.

    Kept in one table a month, like messages.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    infno = models.CharField(_("transaction"), max_length=6)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("record read")
        verbose_name_plural = _("records read")

    def __str__(self) -> str:
        return f"{self.infno} {self.person_id}"
