"""Bring the warehouse up to the settlements of the database: what is missing or may have grown is written anew."""

from pathlib import Path

from yibao.domains.settlement.facts import first_settled_at, highest_settlement_id, stream_facts
from yibao.warehouse.facts import bounds, forget_other_history, parts_to_write, write_earned, write_part
from yibao.workflows.earned_incentives import earned_of_everybody


def refresh_warehouse(folder: Path) -> int:
    """Write facts to Parquet files in `folder`; returns how many settlements were written.

    A folder that was filled from another database is emptied first. With no settlements, the tables are there and empty.
    """
    first = first_settled_at()
    forget_other_history(folder, origin=first.isoformat() if first else "empty")
    written = 0
    for part in parts_to_write(folder, highest_id=highest_settlement_id()):
        after_id, up_to_id = bounds(part)
        written += write_part(folder, part, stream_facts(after_id, up_to_id=up_to_id))
    write_earned(folder, earned_of_everybody())
    return written
