from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.visits.models import Visit


class ClinicalRecord(models.Model):
    """One version of a record that an institution uploaded (信息采集): who, which visit, what kind, when, and the content.

    The content is what the message said, read and checked by the message catalogue. A record is known by institution,
    kind and key; sent again it is the next version. Append only. Records of self-payers may know no person and no visit.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    person = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False, verbose_name=_("person"))
    visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, related_name="clinical_records", verbose_name=_("visit")
    )
    kind = models.CharField(_("kind"), max_length=6)
    visit_number = models.CharField(_("number of the visit at the institution"), max_length=30)
    key = models.CharField(_("key"), max_length=200)
    version = models.IntegerField(_("version"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    report_number = models.CharField(_("report number"), max_length=50, blank=True)
    item_code = models.CharField(_("item code"), max_length=30, blank=True)
    item_name = models.CharField(_("item"), max_length=300, blank=True)
    is_valid = models.BooleanField(_("valid"))
    content = models.JSONField(_("content"))
    infno = models.CharField(_("transaction"), max_length=6)
    msgid = models.CharField(_("message number"), max_length=30)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("clinical record")
        verbose_name_plural = _("clinical records")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["person", "kind", "-occurred_at"], name="clinical_records_of_person"),
            models.Index(fields=["institution", "visit_number"], name="clinical_records_of_number"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "visit_number", "key", "version"], name="clinical_versions_are_counted"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="clinical_versions_begin_with_one"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.visit_number} {self.key} v{self.version}"
