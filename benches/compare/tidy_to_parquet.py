"""DuckDB and Polars doing what `cargo bench -p wsis-lake` does: tidy CSV files to one sorted
ZSTD Parquet file. Usage: tidy_to_parquet.py FOLDER_WITH_CSV [wb_gdp_all.json]

Each reader runs five times; the best and the median are printed.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import polars as pl

folder = Path(sys.argv[1])
pattern = f"{folder}/**/*.csv"
out = Path(tempfile.mkdtemp())


def with_duckdb():
    duckdb.sql(
        f"""COPY (SELECT filename AS series, "Country Code" AS ref_area, "Year" AS year, "Value" AS value
            FROM read_csv('{pattern}', filename = true, union_by_name = true,
                          types = {{'Value': 'DOUBLE', 'Year': 'INTEGER'}})
            ORDER BY series, ref_area, year)
            TO '{out}/duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)"""
    )


def with_polars():
    (
        pl.scan_csv(pattern, include_file_paths="series", schema_overrides={"Value": pl.Float64})
        .select("series", pl.col("Country Code").alias("ref_area"), pl.col("Year").alias("year"), "Value")
        .sort("series", "ref_area", "year")
        .collect()
        .write_parquet(f"{out}/polars.parquet", compression="zstd")
    )


def json_with_duckdb():
    duckdb.sql(f"SELECT count(*), sum(value) FROM (SELECT unnest(json[2]::JSON[]) j, (j->>'value')::DOUBLE AS value "
               f"FROM read_json_objects('{sys.argv[2]}', format='unstructured'))").fetchall()


def measure(name, work):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    print(f"{name}: best {min(times):.3f} s, median {statistics.median(times):.3f} s")


measure("duckdb tidy -> parquet", with_duckdb)
measure("polars tidy -> parquet", with_polars)
if len(sys.argv) > 2:
    measure("duckdb world bank json", json_with_duckdb)
