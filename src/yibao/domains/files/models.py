from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution


class Content(models.Model):
    """Bytes kept once, however often they are sent; known by their SM3 digest, which the database holds them to.

    When nobody may fetch them any longer the bytes may be dropped; digest and size stay as evidence of what was sent.
    """

    digest = models.BinaryField(_("SM3 digest"), max_length=32, unique=True)
    size_bytes = models.IntegerField(_("size (bytes)"))
    data = models.BinaryField(_("bytes"), null=True)

    class Meta:
        verbose_name = _("content of files")
        verbose_name_plural = _("contents of files")
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gte=0), name="content_size_is_not_negative"),
        ]

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class File(models.Model):
    """One file under its query number (文件查询号): whose it is, its name, until when it can be fetched.

    A file without an owner is public to every institution (plc), as catalogue files are.
    """

    number = models.CharField(_("file query number"), max_length=100, unique=True)
    owner = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="files", verbose_name=_("institution")
    )
    name = models.CharField(_("file name"), max_length=200)
    content = models.ForeignKey(Content, models.PROTECT, related_name="files", verbose_name=_("content"))
    kept_at = models.DateTimeField(_("kept at"))
    expires_at = models.DateTimeField(_("can be fetched until"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-id"]
        indexes = [models.Index(fields=["expires_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("kept_at")), name="file_can_be_fetched_for_a_while"),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[^/\\[:cntrl:]]+$") & ~Q(name__in=[".", ".."]), name="file_name_is_no_path"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
