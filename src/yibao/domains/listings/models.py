from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.files.models import File
from yibao.domains.institutions.models import Institution
from yibao.domains.reference.models import Division


class Listing(models.Model):
    """One list (目录) as it is published: by the number of the transaction that downloads it, and region by region where it is regional."""

    code = models.CharField(_("list"), max_length=6)
    region = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, verbose_name=_("pooling region"))

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["code", "region"]
        constraints = [
            models.UniqueConstraint(fields=["code", "region"], nulls_distinct=False, name="list_once_per_region"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.region_id or ''}".strip()


class Release(models.Model):
    """One version of a list (版本), numbered from 1: what it added, changed and withdrew stands in its entries."""

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="releases", verbose_name=_("list"))
    number = models.IntegerField(_("number"))
    released_at = models.DateTimeField(_("released at"))
    released_by = models.CharField(_("released by"), max_length=150)
    source = models.CharField(_("source"), max_length=200)
    added = models.IntegerField(_("added"))
    changed = models.IntegerField(_("changed"))
    withdrawn = models.IntegerField(_("withdrawn"))

    class Meta:
        verbose_name = _("release of a list")
        verbose_name_plural = _("releases of lists")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "number"], name="release_number_is_used_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="release_number_is_positive"),
            models.CheckConstraint(
                condition=Q(added__gte=0, changed__gte=0, withdrawn__gte=0)
                & Q(added__gt=-F("changed") - F("withdrawn")),
                name="release_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing} {self.version}"

    @property
    def version(self) -> str:
        """The version as messages and files write it (版本号): v0001; v0000 is what a client has that holds nothing."""
        return f"v{self.number:04d}"


class Entry(models.Model):
    """One row of a list as one release says it; the row's latest entry holds, one that is not valid withdrew it."""

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="entries", verbose_name=_("list"))
    release = models.ForeignKey(Release, models.PROTECT, related_name="entries", verbose_name=_("release"))
    code = models.CharField(_("code"), max_length=50)
    values = models.JSONField(_("values"))
    digest = models.CharField(_("digest"), max_length=32)
    is_valid = models.BooleanField(_("valid"))
    created_at = models.DateTimeField(_("first released at"))

    class Meta:
        verbose_name = _("entry of a list")
        verbose_name_plural = _("entries of lists")
        ordering = ["-id"]
        indexes = [models.Index(fields=["listing", "code", "-release"], name="listings_entry_latest")]
        constraints = [models.UniqueConstraint(fields=["release", "code"], name="entry_once_per_release")]

    def __str__(self) -> str:
        return self.code


class ListFile(models.Model):
    """The file of a release for clients that hold an earlier one, made once and fetched by all."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="files", verbose_name=_("release"))
    since = models.IntegerField(_("since number"))
    file = models.ForeignKey(File, models.PROTECT, verbose_name=_("file"))
    rows = models.IntegerField(_("rows"))

    class Meta:
        verbose_name = _("file of a list")
        verbose_name_plural = _("files of lists")
        ordering = ["-id"]
        indexes = [models.Index(fields=["release", "since"])]
        constraints = [
            models.CheckConstraint(condition=Q(since__gte=0, rows__gte=0), name="list_file_counts_from_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.since}"


class Matching(models.Model):
    """What an institution's own item is in the national list (医药机构目录对照), for a time.

    A withdrawal (3302) is a row of `MatchingWithdrawal`; an item's matchings that stand never overlap in time.
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="matchings", verbose_name=_("institution")
    )
    own_code = models.CharField(_("institution's own code"), max_length=30)
    own_name = models.CharField(_("institution's own name"), max_length=200, blank=True)
    list_type = models.CharField(_("kind of list"), max_length=30)
    item_code = models.CharField(_("national code"), max_length=50)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    details = models.JSONField(_("details"), default=dict)
    matched_at = models.DateTimeField(_("matched at"))
    matched_by = models.CharField(_("matched by"), max_length=30)

    class Meta:
        verbose_name = _("matching of an item")
        verbose_name_plural = _("matchings of items")
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "own_code"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="matching_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.own_code} = {self.item_code}"


class MatchingWithdrawal(models.Model):
    """That a matching no longer stands (目录对照撤销)."""

    matching = models.OneToOneField(Matching, models.PROTECT, related_name="withdrawal", verbose_name=_("matching"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=30)

    class Meta:
        verbose_name = _("withdrawal of a matching")
        verbose_name_plural = _("withdrawals of matchings")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.matching_id)
