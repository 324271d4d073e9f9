"""Lists to download: 1301 to 1327, each a file that 9102 fetches."""

from typing import Any, Final

from yibao.domains.listings.lists import LISTS
from yibao.interfaces.gateway.catalogue import TRANSACTIONS
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.download_list import download_list

_NO_FILE: Final = "1304"
"""Ethnic medicines are a list too, but queried page by page."""


def _deadline_field(infno: str) -> str:
    """The texts spell the field two ways: dld_end_time, and dld_endtime in newer transactions."""
    names = {field.name for field in TRANSACTIONS[infno].output["root"].fields}
    return "dld_end_time" if "dld_end_time" in names else "dld_endtime"


_DEADLINES: Final = {infno: _deadline_field(infno) for infno in LISTS if infno != _NO_FILE}


@handles(*_DEADLINES)
def download(context: Context, data: dict[str, Any]) -> bytes:
    """目录下载: where the file is with what changed since the version that the client holds."""
    infno = context.envelope.infno
    found = download_list(code=infno, region=context.institution.region, held=data["data"]["ver"], at=context.now)
    return context.answer(
        {
            "root": {
                "file_qury_no": found.number,
                "filename": found.name,
                _DEADLINES[infno]: found.fetchable_until,
                "data_cnt": found.rows,
            }
        }
    )
