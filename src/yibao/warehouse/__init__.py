"""The analytical plane (数据仓库): facts as Parquet, questions as Ibis expressions."""
