"""Goods as institutions report them, for the journeys through stock and trace codes."""

import itertools

_batches = itertools.count(1)
CODES = itertools.count(81_000_000_000_000_000_001)


def new_batch():
    return f"BATCH{next(_batches)}"


def new_code():
    """A trace code of twenty digits that no other test uses."""
    return str(next(CODES))


def goods(batch, **changes):
    """What all rows have in common."""
    return {
        "med_list_codg": "XA01",
        "fixmedins_hilist_id": "OWN1",
        "fixmedins_hilist_name": "阿莫西林胶囊",
        "fixmedins_bchno": batch,
        "rx_flag": "1",
        "manu_lotnum": "L1",
        "manu_date": "2026-01-01",
        "expy_end": "2028-12-31",
        **changes,
    }


def traced(*codes):
    return {"drugtracinfo": [{"drug_trac_codg": code} for code in codes]}


def purchase(batch, count="10", *codes, **changes):
    told = dict(
        spler_name="测试供应商",
        prdr_name="测试药厂",
        aprvno="国药准字H0000",
        finl_trns_pric="8.5",
        purc_retn_cnt=count,
        purc_invo_no="F1",
        purc_retn_stoin_time="2026-11-10 08:00:00",
        purc_retn_opter_name="库管",
        prod_geay_flag="0",
        **(traced(*codes) if codes else {}),
    )
    return goods(batch, **{**told, **changes})


def sale(batch, count="1", *codes, split="0", **changes):
    told = dict(
        prsc_dr_name="测试医师",
        phar_name="测试药师",
        phar_prac_cert_no="Y1",
        mdtrt_sn="SN1",
        trdn_flag=split,
        finl_trns_pric="12",
        rx_circ_flag="0",
        rtal_docno="R1",
        sel_retn_cnt=count,
        sel_retn_time="2026-11-10 10:00:00",
        sel_retn_opter_name="店员",
        **(traced(*codes) if codes else {}),
    )
    return goods(batch, **{**told, **changes})


def change(batch, count="1", kind="101", **changes):
    told = {"inv_chg_type": kind, "pric": "8.5", "cnt": count, "inv_chg_time": "2026-11-10 09:00:00"}
    return goods(batch, **{**told, **changes})


def count_of(batch, count="1"):
    return goods(batch, invdate="2026-11-10", inv_cnt=count)
