"""Clinical records (信息采集) and visits of self-payers (自费病人) as institutions send them; every version is kept."""
