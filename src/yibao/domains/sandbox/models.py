from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.people.models import Person

LONGEST_DELAY_SECONDS = 120


class Exchange(models.Model):
    """One request at an access point of the sandbox and what it was answered (报文轨迹): the latest ones only, a ring.

    `stages` are microseconds by stage; `faults` are the refused fields with path, names, reason and sentences; bodies
    longer than the ring keeps are cut, and `is_cut` says so. The table does not survive a crash of the database: nothing
    rests on it.
    """

    class Result(models.TextChoices):
        """What the client got."""

        ACCEPTED = "accepted", _("succeeded")
        REFUSED = "refused", _("turned down")
        KEPT_OUT = "kept_out", _("not let in")
        BROKEN = "broken", _("broken")
        LOST = "lost", _("answer lost")

    access_point = models.ForeignKey(AccessPoint, models.PROTECT, db_index=False, verbose_name=_("access point"))
    institution_code = models.CharField(_("institution code as sent"), max_length=30, blank=True)
    infno = models.CharField(_("transaction"), max_length=10, blank=True)
    msgid = models.CharField(_("message number"), max_length=64, blank=True)
    path = models.CharField(_("path"), max_length=300)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    headers = models.JSONField(_("headers"))
    body = models.BinaryField(_("request"))
    opened_input = models.BinaryField(_("input as deciphered"), default=b"", blank=True)
    answer = models.BinaryField(_("answer"))
    is_cut = models.BooleanField(_("cut"), default=False)
    result = models.CharField(_("result"), max_length=10, choices=Result.choices)
    http_status = models.SmallIntegerField(_("HTTP status"))
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    sentence_zh = models.TextField(_("sentence in Chinese"), blank=True)
    sentence_en = models.TextField(_("sentence in English"), blank=True)
    faults = models.JSONField(_("refused fields"))
    stages = models.JSONField(_("times (µs)"))
    total_us = models.IntegerField(_("total time (µs)"))
    fault_kind = models.CharField(_("fault on demand"), max_length=20, blank=True)
    replay_of = models.BigIntegerField(_("replay of"), null=True)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("message of the sandbox")
        verbose_name_plural = _("messages of the sandbox")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["access_point", "-id"], name="exchange_ring"),
            models.Index(fields=["institution_code", "-id"], name="exchange_institution"),
        ]

    def __str__(self) -> str:
        return f"{self.infno} {self.msgid}"


class Fault(models.Model):
    """A fault on demand (故障演练): what goes wrong for whom, and how often still; `remaining` is empty for always.

    The row stays when the fault is used up or was called off: only the count and the end of it change.
    """

    class Kind(models.TextChoices):
        """What goes wrong."""

        LATE = "late", _("late answer")
        LOST_AFTER = "lost_after", _("carried out, answer lost")
        LOST_BEFORE = "lost_before", _("lost before it is carried out")
        ERROR_500 = "error_500", _("HTTP 500, nothing carried out")
        ERROR_500_AFTER = "error_500_after", _("carried out, then HTTP 500")
        SIGNATURE = "signature", _("signature not accepted")
        DAMAGED = "damaged", _("carried out, answer damaged")
        BUSY = "busy", _("platform busy, nothing carried out")

    access_point = models.ForeignKey(AccessPoint, models.PROTECT, verbose_name=_("access point"))
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, verbose_name=_("institution"))
    infno = models.CharField(_("transaction"), max_length=10, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    seconds = models.SmallIntegerField(_("delay (seconds)"), default=0)
    times = models.IntegerField(_("how often"), null=True, blank=True)
    remaining = models.IntegerField(_("still to come"), null=True, blank=True)
    ordered_by = models.CharField(_("ordered by"), max_length=150)
    ordered_at = models.DateTimeField(_("ordered at"))
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("fault on demand")
        verbose_name_plural = _("faults on demand")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "late", "lost_after", "lost_before", "error_500", "error_500_after", "signature", "damaged",
                        "busy",
                    ]
                ),
                name="fault_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="late", seconds__gte=1, seconds__lte=LONGEST_DELAY_SECONDS) | ~Q(kind="late") & Q(seconds=0),
                name="fault_delay_belongs_to_late",
            ),
            models.CheckConstraint(
                condition=Q(times=None, remaining=None)
                | Q(times__gte=1, remaining__gte=0, remaining__lte=F("times")),
                name="fault_is_counted_down",
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | ~Q(ended_by=""), name="fault_ender_is_named"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.infno}"


class SandboxPerson(models.Model):
    """A test person (测试人员): which kind, who it is in the registers, and what a message about it must come to."""

    kind = models.CharField(_("kind"), max_length=40, unique=True)
    place = models.SmallIntegerField(_("place in the list"))
    person = models.OneToOneField(Person, models.PROTECT, related_name="+", verbose_name=_("person"))
    title_zh = models.CharField(_("Chinese title"), max_length=100)
    title_en = models.CharField(_("English title"), max_length=100)
    expects_zh = models.TextField(_("what to expect, in Chinese"))
    expects_en = models.TextField(_("what to expect, in English"))

    class Meta:
        verbose_name = _("test person")
        verbose_name_plural = _("test persons")
        ordering = ["place"]

    def __str__(self) -> str:
        return self.kind
