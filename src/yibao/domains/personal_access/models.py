from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Person


class Channel(models.Model):
    """A third party that may authenticate persons (实人认证渠道) by an authorisation of the national administration, for a time."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=100)
    document = models.CharField(_("authorisation"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("channel of authentication")
        verbose_name_plural = _("channels of authentication")
        constraints = [
            models.CheckConstraint(condition=~Q(document=""), name="channel_has_an_authorisation"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="channel_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ActivationCode(models.Model):
    """A code to activate with (激活码), handed to a person who was seen: by the agency, or by a channel where one is named.

    Kept as a digest; used once, or voided by a newer one or by wrong attempts.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("person"))
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("channel of authentication")
    )
    evidence = models.CharField(_("how the identity was checked"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    issued_by = models.CharField(_("issued by"), max_length=150)
    issued_at = models.DateTimeField(_("issued at"))
    valid_until = models.DateTimeField(_("valid until"))
    failures = models.SmallIntegerField(_("wrong attempts"), default=0)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("activation code")
        verbose_name_plural = _("activation codes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(used_at=None, voided_at=None), name="one_open_activation_code"
            ),
            models.CheckConstraint(condition=~Q(evidence="") & ~Q(digest=""), name="activation_code_says_how"),
            models.CheckConstraint(condition=Q(used_at=None) | Q(voided_at=None), name="activation_code_ends_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Account(models.Model):
    """A person's account on the public pages (实名账户): one secret, kept as Django's salted hash, and how pages are shown."""

    class Display(models.TextChoices):
        """How pages are shown, remembered for the next sign-in; empty: as the browser was told."""

        NORMAL = "normal", _("normal type")
        LARGE = "large", _("large type")
        ELDER = "elder", _("elder mode")

    person = models.OneToOneField(Person, models.PROTECT, related_name="portal_account", verbose_name=_("person"))
    secret = models.CharField(_("hash of the password"), max_length=200)
    activated_at = models.DateTimeField(_("activated at"))
    secret_set_at = models.DateTimeField(_("password set at"))
    display = models.CharField(_("display"), max_length=10, choices=Display.choices, blank=True)
    failures = models.SmallIntegerField(_("wrong attempts"), default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("account of an insured person")
        verbose_name_plural = _("accounts of insured persons")
        constraints = [
            models.CheckConstraint(condition=~Q(secret=""), name="account_has_a_secret"),
            models.CheckConstraint(condition=Q(failures__gte=0), name="account_failures_are_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}"


class Proxy(models.Model):
    """A family member may act for a person (亲情代办): for which purposes and how long, by whose word.

    By consent the person says so, or an officer writes down what the person said at the counter; for minors a guardian is
    confirmed by the agency. The row stays as it was given; only its end may be set, once. Periods of one pair never overlap.
    """

    class Basis(models.TextChoices):
        """On what the right to act stands."""

        CONSENT = "consent", _("consent of the person")
        GUARDIAN = "guardian", _("guardian of a minor")

    class Purpose(models.TextChoices):
        """What the family member may do."""

        VIEW = "view", _("see insurance, visits and bills")
        VOUCHER = "voucher", _("show the electronic voucher")
        HANDLE = "handle", _("handle prescriptions, orders and payments")

    principal = models.ForeignKey(
        Person, models.PROTECT, related_name="proxies_given", verbose_name=_("person acted for")
    )
    agent = models.ForeignKey(Person, models.PROTECT, related_name="proxies_held", verbose_name=_("family member"))
    basis = models.CharField(_("basis"), max_length=10, choices=Basis.choices)
    relation = models.CharField(_("relation"), max_length=40)
    purposes = ArrayField(models.CharField(max_length=10), verbose_name=_("purposes"))
    document = models.CharField(_("proof"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    given_by = models.CharField(_("entered by"), max_length=150)
    given_at = models.DateTimeField(_("entered at"))
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("right to act for a person")
        verbose_name_plural = _("rights to act for a person")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("agent")), name="proxy_is_another"),
            models.CheckConstraint(
                condition=Q(purposes__contained_by=["view", "voucher", "handle"], purposes__len__gt=0),
                name="proxy_has_known_purposes",
            ),
            models.CheckConstraint(
                condition=Q(basis="consent") | (Q(basis="guardian") & ~Q(document="")), name="guardian_is_proven"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")) | Q(ended_at__isnull=False, valid_until=F("valid_from")),
                name="proxy_period_is_half_open",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="proxy_end_says_who",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} → {self.principal_id}"


class RecordLook(models.Model):
    """One look of an account at a person's record: the own, a relative's by a right to act, or a stranger's, refused. Append only."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="looks", verbose_name=_("account"))
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    proxy = models.ForeignKey(
        Proxy, models.PROTECT, null=True, blank=True, related_name="looks", verbose_name=_("right to act")
    )
    page = models.CharField(_("page"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=30)
    is_refused = models.BooleanField(_("was refused"), default=False)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("look at a record")
        verbose_name_plural = _("looks at records")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(page="") & ~Q(purpose=""), name="look_names_page_and_purpose"),
            models.CheckConstraint(condition=Q(is_refused=True) | Q(person__isnull=False), name="look_is_at_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.page}"
