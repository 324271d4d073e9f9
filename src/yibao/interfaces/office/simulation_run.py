"""One simulation that an analyst asked for: how far it is, why it failed, or what came out, as page, Excel and Parquet."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yibao.core.errors import YibaoError
from yibao.domains.simulations.models import SimulationRequest, SimulationRun
from yibao.domains.simulations.queries import simulations_of, waiting_before
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.simulation_workbook import workbook_of
from yibao.interfaces.office.simulations import READERS, STATES, for_reader, page_of
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.warehouse.result_tables import Simulation, from_plain, write_parquet

_LARGEST: Final = 2**63 - 1
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = SimulationRun.State
Role = StaffMember.Role


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest, run_id: int) -> HttpResponse:
    """Show a simulation of the member's region: waiting, running, failed, or with its tables."""
    asked = _found(request, run_id)
    if asked is None:
        return not_found(request)
    context: dict[str, Any] = {"section": "simulations", "asked": asked, "run": asked.run, "name": asked.title}
    simulation = _result(request, asked)
    if simulation is not None:
        return render(request, "office/simulation.html", context | page_of(request.staff_member, simulation))
    context |= {
        "before": waiting_before(asked.run) if asked.run.state == State.WAITING else 0,
        "failure": _failure(asked.run),
        "state": STATES[asked.run.state],
    }
    return render(request, "office/simulation_run.html", context)


@require_safe
@staff_page(*READERS)
def workbook(request: StaffRequest, run_id: int) -> HttpResponse:
    """Send all tables as an Excel workbook."""
    asked = _found(request, run_id)
    simulation = _result(request, asked) if asked else None
    if simulation is None:
        return not_found(request)
    return _attached(workbook_of(simulation), f"yibao-simulation-{run_id}.xlsx", _XLSX)


@require_safe
@staff_page(*READERS)
def parquet(request: StaffRequest, run_id: int) -> HttpResponse:
    """Send all tables as Parquet files in one ZIP file, amounts in fen, with the facts as JSON."""
    asked = _found(request, run_id)
    simulation = _result(request, asked) if asked else None
    if simulation is None:
        return not_found(request)
    content = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="yibao-") as name, zipfile.ZipFile(content, "w") as archive:
        write_parquet(simulation, Path(name))
        for path in sorted(Path(name).iterdir()):
            archive.write(path, path.name)
    return _attached(content.getvalue(), f"yibao-simulation-{run_id}.zip", "application/zip")


def _found(request: StaffRequest, run_id: int) -> SimulationRequest | None:
    """The simulation, when it is of the member's region."""
    if run_id > _LARGEST:
        return None
    return simulations_of(request.staff_member.region_id).filter(pk=run_id).first()


def _result(request: StaffRequest, asked: SimulationRequest) -> Simulation | None:
    """What came out as the member may see it, if it is there."""
    if asked.run.state != State.DONE:
        return None
    return for_reader(request.staff_member, from_plain(asked.result.content))


def _failure(run: SimulationRun) -> str:
    """Why it failed, as a sentence."""
    if run.failure is None:
        return ""
    error = YibaoError(**run.failure["facts"])
    error.code = run.failure["code"]  # type: ignore[misc]  # told again as it was refused
    return text_of(error) if error.code in SENTENCES else str(error)


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file to be kept."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
