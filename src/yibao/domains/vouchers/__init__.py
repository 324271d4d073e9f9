"""The electronic voucher (医保电子凭证) as it is shown: codes with a short life that are good once."""
