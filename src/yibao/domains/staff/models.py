from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division


class StaffMember(models.Model):
    """A user of the office (工作人员) in one role, for one pooling region; institution staff for one institution."""

    class Role(models.TextChoices):
        """What a member is for; everything that a role is not given is refused."""

        SYSTEM = "system", _("system administrator")
        AGENCY = "agency", _("agency officer")
        INSTITUTION = "institution", _("institution staff")
        AUDITOR = "auditor", _("auditor")
        ANALYST = "analyst", _("analyst")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="staff_member", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, verbose_name=_("institution"))

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["system", "agency", "institution", "auditor", "analyst"]),
                name="staff_role_is_known",
            ),
            models.CheckConstraint(
                condition=Q(role="institution", institution__isnull=False)
                | (~Q(role="institution") & Q(institution__isnull=True)),
                name="staff_institution_matches_role",
                violation_error_message=_("Institution staff have an institution, all other roles have none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class PersonalRecordRead(models.Model):
    """One look into a person's records: who, whose, on which page, for what. Append only."""

    reader = models.ForeignKey(StaffMember, models.PROTECT, related_name="reads", verbose_name=_("reader"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    page = models.CharField(_("page"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=200)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("reading of a personal record")
        verbose_name_plural = _("readings of personal records")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(page="") & ~Q(purpose=""), name="reading_names_page_and_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} {self.person_id} {self.page}"
