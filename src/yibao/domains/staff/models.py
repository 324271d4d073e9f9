from django.conf import settings
from django.db import models
from django.db.models import F, Q
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


class DutyCase(models.Model):
    """A case against a member of the departments' own staff (责任追究): what they did in office, on what evidence. Append only.

    Nobody enters a case against themselves; another one than who entered it decides.
    Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第二十四条第二款.
    """

    class Conduct(models.TextChoices):
        """What the article names."""

        ABUSE = "abuse", _("abuse of power")
        NEGLECT = "neglect", _("neglect of duty")
        FAVOUR = "favour", _("bending rules for favour")

    class Part(models.TextChoices):
        """How the person is responsible."""

        MANAGER = "manager", _("manager directly in charge")
        STAFF = "staff", _("other person directly responsible")

    member = models.ForeignKey(StaffMember, models.PROTECT, related_name="duty_cases", verbose_name=_("staff member"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    part = models.CharField(_("responsibility"), max_length=8, choices=Part.choices)
    conduct = models.CharField(_("conduct"), max_length=8, choices=Conduct.choices)
    happened_on = models.DateField(_("happened on"))
    facts = models.TextField(_("facts"))
    evidence = models.TextField(_("evidence"))
    article = models.CharField(_("article"), max_length=200)
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("case of responsibility in office")
        verbose_name_plural = _("cases of responsibility in office")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(entered_by=F("member")), name="duty_case_is_not_ones_own"),
            models.CheckConstraint(
                condition=~Q(facts="") & ~Q(evidence="") & ~Q(article=""), name="duty_case_says_what_and_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.conduct}"


class DutyDecision(models.Model):
    """What becomes of a case against staff (处分、移送): handed over to whom, or dropped. Append only, once, by another one."""

    class Outcome(models.TextChoices):
        """Sanctions are imposed by whoever appoints the person; crimes are prosecuted."""

        SANCTION = "sanction", _("handed over for a sanction")
        CRIME = "crime", _("handed over as a possible crime")
        DROPPED = "dropped", _("dropped")

    case = models.OneToOneField(DutyCase, models.PROTECT, related_name="decision", verbose_name=_("case"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    recipient = models.CharField(_("handed over to"), max_length=200, blank=True)
    document = models.CharField(_("document"), max_length=200, unique=True)
    reason = models.TextField(_("reason"))
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on responsibility in office")
        verbose_name_plural = _("decisions on responsibility in office")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="dropped", recipient="") | ~Q(outcome="dropped") & ~Q(recipient=""),
                name="duty_case_is_handed_to_somebody",
            ),
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="duty_decision_says_why"),
        ]

    def __str__(self) -> str:
        return self.document
