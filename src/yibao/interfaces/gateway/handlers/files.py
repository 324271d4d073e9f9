"""Files: 9101 upload, 9102 download."""

import hashlib
from dataclasses import asdict, replace
from typing import Any, ClassVar

import msgspec
from django.utils.timezone import localtime

from yibao.core.errors import YibaoError
from yibao.domains.files.operations import PUBLIC, digest_of
from yibao.interfaces.gateway.context import Context, FileAnswer, handles
from yibao.workflows.exchange_files import fetch_file, upload_file_step


class UnfitSenderError(YibaoError):
    """The institution named in the input is not the one that sends the message."""

    code: ClassVar[str] = "files.unfit_sender"


@handles("9101")
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """文件上传: keep a file; the message is kept without its bytes, which the file's digest stands for."""
    sent = data["fsUploadIn"]
    _refuse_another(context, sent["fixmedins_code"])
    step = upload_file_step(
        institution_id=context.institution.id,
        institution_code=context.institution.code,
        name=sent["filename"],
        content=sent["in"],
        at=context.now,
    )
    return _without_bytes(context, sent).change(
        None,
        step,
        lambda kept: {
            "root": {
                "file_qury_no": kept.number,
                "filename": kept.name,
                "fixmedins_code": context.institution.code,
                "dld_endtime": f"{localtime(kept.expires_at):%Y-%m-%d %H:%M:%S}",
            }
        },
    )


def _without_bytes(context: Context, sent: dict[str, Any]) -> Context:
    """The same request, known and kept by the digest of its file: parts of a repeat are divided by another boundary."""
    envelope = asdict(context.envelope)
    envelope["input"] = {"fsUploadIn": {**sent, "in": f"SM3:{digest_of(sent['in']).hex()}"}}
    body = msgspec.json.encode(envelope)
    return replace(context, request=replace(context.request, body=body, digest=hashlib.sha256(body).digest()))


@handles("9102")
def download(context: Context, data: dict[str, Any]) -> bytes:
    """文件下载: the bytes of a file, as they are; `plc` stands for everybody's files in either place clients put it."""
    sent = data["fsDownloadIn"]
    if sent["fixmedins_code"] != PUBLIC:
        _refuse_another(context, sent["fixmedins_code"])
    found = fetch_file(
        institution_id=context.institution.id,
        number=sent["file_qury_no"],
        name=None if sent["filename"] == PUBLIC else sent["filename"],
        at=context.now,
    )
    return FileAnswer(found.content)


def _refuse_another(context: Context, code: str) -> None:
    """Insist that the input names the institution of the envelope.

    :raises UnfitSenderError: it names another.
    """
    if code != context.institution.code:
        raise UnfitSenderError(field="fixmedins_code", sent=code, institution=context.institution.code)
