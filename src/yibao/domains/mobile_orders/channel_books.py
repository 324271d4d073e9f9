"""What the built-in test channel keeps: its own books, apart from the orders', and the faults it was told to make."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution

LONGEST_SECONDS = 120


class ChannelEntry(models.Model):
    """A payment or refund in the books of the built-in test channel (测试支付渠道流水), as a bank would keep it.

    Nothing of the orders points here: reconciliation compares two registers that know of each other by number alone.
    """

    class State(models.TextChoices):
        """What became of it at the channel."""

        PENDING = "pending", _("under way")
        DONE = "done", _("done")
        DECLINED = "declined", _("declined")
        CLOSED = "closed", _("closed before it was paid")

    kind = models.CharField(_("kind"), max_length=7)
    number = models.CharField(_("number of the payer's side"), max_length=40, unique=True)
    refunds_number = models.CharField(_("gives back"), max_length=40, blank=True)
    channel_number = models.CharField(_("number of the channel"), max_length=64, unique=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    taken_at = models.DateTimeField(_("taken at"))
    due_at = models.DateTimeField(_("decided at the latest"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    notices_left = models.SmallIntegerField(_("notices still to repeat"), default=0)

    class Meta:
        verbose_name = _("entry of the test channel")
        verbose_name_plural = _("entries of the test channel")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="test_entry_moves_money"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="test_entry_done_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ChannelFault(models.Model):
    """A fault that the test channel makes on demand (渠道故障演练); `remaining` is empty for always. Only in a sandbox."""

    class Kind(models.TextChoices):
        """What goes wrong."""

        DECLINE = "decline", _("declined")
        LATE = "late", _("late answer")
        LOST_BEFORE = "lost_before", _("lost before it is carried out")
        LOST_AFTER = "lost_after", _("carried out, answer lost")
        PENDING = "pending", _("under way for a while")
        REPEAT = "repeat", _("result told several times")
        PAID_LATE = "paid_late", _("declined, and paid after all")

    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institution")
    )
    operation = models.CharField(_("payments or refunds only"), max_length=7, blank=True)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices)
    seconds = models.SmallIntegerField(_("delay (seconds)"), default=0)
    times = models.IntegerField(_("how often"), null=True, blank=True)
    remaining = models.IntegerField(_("still to come"), null=True, blank=True)
    ordered_by = models.CharField(_("ordered by"), max_length=150)
    ordered_at = models.DateTimeField(_("ordered at"))
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("fault of the test channel")
        verbose_name_plural = _("faults of the test channel")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["decline", "late", "lost_before", "lost_after", "pending", "repeat", "paid_late"]
                ),
                name="channel_fault_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["late", "pending", "paid_late"], seconds__gte=1, seconds__lte=LONGEST_SECONDS)
                | ~Q(kind__in=["late", "pending", "paid_late"]) & Q(seconds=0),
                name="channel_fault_delay_belongs",
            ),
            models.CheckConstraint(
                condition=Q(operation__in=["", "payment", "refund"]), name="channel_fault_operation_is_known"
            ),
            models.CheckConstraint(
                condition=Q(times=None, remaining=None) | Q(times__gte=1, remaining__gte=0, remaining__lte=F("times")),
                name="channel_fault_is_counted_down",
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | ~Q(ended_by=""), name="channel_fault_ender_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.operation}"
