"""Settlement lists as hospitals send them, for the journeys."""

STAY = {"adm_time": "2026-11-01 10:00:00", "dscg_time": "2026-11-09 10:00:00"}


def head_of(person, visit, bill, **changes):
    """The head of 4101 that no check objects to."""
    return {
        "mdtrt_id": visit,
        "setl_id": bill["setl_id"],
        "fixmedins_name": "测试医院",
        "fixmedins_code": "H11010100001",
        "hi_no": person.number,
        "medcasno": "BA1",
        "psn_name": person.name,
        "gend": person.sex,
        "brdy": f"{person.birth_date}",
        "age": "46",
        "ntly": "CHN",
        "naty": "01",
        "patn_cert_type": "01",
        "certno": person.document_number,
        "prfs": "17",
        "coner_name": "测试联系人",
        "patn_rlts": "1",
        "coner_addr": "测试路1号",
        "coner_tel": "13800000000",
        "hi_type": "310",
        "insuplc": "110101",
        "ipt_med_type": "1",
        "adm_way": "2",
        "trt_type": "10",
        **STAY,
        "adm_caty": "A03",
        "dscg_caty": "A03",
        "act_ipt_days": "8",
        "diag_code_cnt": "2",
        "maindiag_flag": "1",
        "oprn_oprt_code_cnt": "1",
        "vent_used_dura": "1/2/30",
        "lv1_nurscare_days": "8",
        "dscg_way": "1",
        "bill_code": "PJ1",
        "bill_no": "1",
        "biz_sn": "YW1",
        "chfpdr_name": "测试医师",
        "chfpdr_code": "D110101000001",
        "setl_begn_date": "2026-11-01",
        "setl_end_date": "2026-11-09",
        "psn_selfpay": str(bill["psn_part_amt"]),
        "psn_ownpay": "0",
        "acct_pay": str(bill["acct_pay"]),
        "psn_cashpay": str(bill["psn_cash_pay"]),
        "hi_paymtd": "3",
        "hsorg": "测试经办机构",
        "hsorg_opter": "经办员",
        "medins_fill_dept": "医保办",
        "medins_fill_psn": "填报员",
        "bld_cat": "1",
        "bld_amt": "400",
        "bld_unt": "1",
        **changes,
    }


def list_of(person, visit, bill, funds=None, **changes):
    """The input of 4101 that no check objects to; `funds` what the funds paid, from setldetail."""
    total = str(bill["medfee_sumamt"])
    return {
        "setlinfo": head_of(person, visit, bill, **changes),
        "payinfo": [{"fund_pay_type": fund, "fund_payamt": str(amount)} for fund, amount in (funds or {}).items()],
        "diseinfo": [
            {"diag_type": "1", "diag_code": "J18.900", "diag_name": "肺炎", "adm_cond_type": "1", "maindiag_flag": "1"},
            {"diag_type": "1", "diag_code": "I10.x00", "diag_name": "高血压", "adm_cond_type": "1", "maindiag_flag": "0"},
        ],
        "iteminfo": [
            {"med_chrgitm": "09", "amt": total, "claa_sumfee": total, "clab_amt": "0", "fulamt_ownpay_amt": "0", "oth_amt": "0"}
        ],
        "oprninfo": [
            {
                "oprn_oprt_type": "1", "oprn_oprt_name": "支气管镜检查", "oprn_oprt_code": "33.2300x001",
                "oprn_oprt_date": "2026-11-03", "anst_way": "01", "oper_dr_name": "测试医师", "oper_dr_code": "D110101000001",
                "anst_dr_name": "麻醉师", "anst_dr_code": "D110101000002",
            }
        ],
        "icuinfo": [
            {
                "scs_cutd_ward_type": "1", "scs_cutd_inpool_time": "2026-11-04 08:00:00",
                "scs_cutd_exit_time": "2026-11-05 08:30:00", "scs_cutd_sum_dura": "1/0/30",
            }
        ],
    }  # fmt: skip
