"""Reads of persons."""

from yibao.domains.people.models import Person


def person_by_document(document_type: str, document_number: str) -> Person | None:
    """The person with this document (证件), or None."""
    return Person.objects.filter(document_type=document_type, document_number=document_number).first()


def person_by_voucher(kind: str, number: str) -> Person | None:
    """The person who shows this voucher (就诊凭证), or None."""
    return Person.objects.filter(vouchers__kind=kind, vouchers__number=number).first()
