from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Division(models.Model):
    """An administrative division (行政区划, GB/T 2260) and the pooling region (统筹区) it belongs to."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    pooling_region = models.CharField(_("pooling region"), max_length=6, db_index=True)

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^\d{6}$"), name="division_code_is_six_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DictionaryEntry(models.Model):
    """One code of a national dictionary (字典), with how sure we are of it."""

    table = models.CharField(_("table"), max_length=60)
    code = models.CharField(_("code"), max_length=20)
    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    confidence = models.CharField(_("confidence"), max_length=20)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("dictionary entry")
        verbose_name_plural = _("dictionary entries")
        ordering = ["table", "code"]
        constraints = [models.UniqueConstraint(fields=["table", "code"], name="dictionary_code_is_unique")]

    def __str__(self) -> str:
        return f"{self.table} {self.code} {self.name_zh}"


class Setting(models.Model):
    """A choice that no law makes, kept as data with its reason, so that a region can make it differently."""

    key = models.CharField(_("key"), max_length=100, primary_key=True)
    value = models.JSONField(_("value"))
    reason = models.TextField(_("reason"))
    trust = models.CharField(_("trust"), max_length=20)

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class Change(models.Model):
    """What happened to one record: who, when, before, after. Written by the database itself, never by hand."""

    table = models.CharField(_("table"), max_length=63)
    record = models.CharField(_("record"), max_length=64)
    action = models.CharField(_("action"), max_length=6)
    actor = models.CharField(_("actor"), max_length=150)
    changed_at = models.DateTimeField(_("changed at"))
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["table", "record"])]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.record}"
