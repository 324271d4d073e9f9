"""The national institution interface (定点医药机构接口): envelope, codec, schemes of signing, transactions."""
