"""The test person who lies in hospital: admitted through the gateway, as a hospital's system does."""

from datetime import datetime, timedelta
from typing import Final

from yibao.city.make import City
from yibao.city.sandbox_persons import kinds
from yibao.city.speaker import Speaker, moment
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.domains.sandbox.queries import listed_persons
from yibao.domains.storage import reading
from yibao.domains.visits.queries import ask_for_stay

IN_HOSPITAL: Final = "in_hospital"
STAYS_DAYS: Final = 3


def admit(city: City, *, url: str, at: datetime) -> bool:
    """Admit the test person (2401) at the city's largest hospital; false when there is none or the person is in already.

    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused the admission.
    """
    listed = listed_persons().filter(kind=IN_HOSPITAL).first()
    hospital = next((provider for provider in city.providers if provider.level == "tertiary"), None)
    if listed is None or hospital is None:
        return False
    with reading() as raw:
        if ask_for_stay(raw, person_id=listed.person_id).fetchone() is not None:
            return False
    said = next(one for one in kinds() if one["kind"] == IN_HOSPITAL)
    physician, (code, name) = hospital.practitioners[0], hospital.departments[0]
    began = at - timedelta(days=STAYS_DAYS)
    diagnosis = {"diag_code": "I10.x00", "diag_name": "特发性高血压"}
    wire = Wire(url)
    speaker = Speaker(hospital, wire, Tally(), lambda _speaker: "", region=city.region)
    admission = {
        "mdtrtinfo": {
            "psn_no": listed.person.number,
            "insutype": said["insured"][-1]["scheme"],
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": listed.person.document_number,
            "begntime": moment(began),
            "med_type": "21",
            "ipt_no": f"SANDBOX{began:%Y%m%d}",
            "medrcdno": f"SANDBOX{began:%Y%m%d}",
            "atddr_no": physician.code,
            "chfpdr_name": physician.name,
            "adm_diag_dscr": diagnosis["diag_name"],
            "adm_dept_codg": code,
            "adm_dept_name": name,
            "adm_bed": "01",
            "dscg_maindiag_code": diagnosis["diag_code"],
            "dscg_maindiag_name": diagnosis["diag_name"],
        },
        "diseinfo": [
            {
                "psn_no": listed.person.number,
                "diag_type": "1",
                "maindiag_flag": "1",
                "diag_srt_no": "1",
                **diagnosis,
                "adm_cond": "1",
                "diag_dept": code,
                "dise_dor_no": physician.code,
                "dise_dor_name": physician.name,
                "diag_time": moment(began),
            }
        ],
    }
    try:
        speaker.ask("2401", admission, division=city.region.code)
    finally:
        wire.close()
    return True
