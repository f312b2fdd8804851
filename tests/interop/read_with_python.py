"""Opens the demo's public Parquet with DuckDB, polars, pyarrow and pandas.

Usage: read_with_python.py DEMO_FOLDER SUMMARY_JSON
Fails on the first difference in row count, type or value between the readers, or from a
figure known from outside (Norway's Internet users, World Bank IT.NET.USER.ZS).
"""

import hashlib
import json
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.parquet as pq

folder, summary_file = Path(sys.argv[1]), Path(sys.argv[2])
summary = json.loads(summary_file.read_text())
public = Path(summary["public"])
TABLES = [
    "observations_latest", "indicator_scores", "line_scores", "line_years", "group_scores", "group_members",
    "lines", "indicators", "areas", "quarantine", "gaps", "gap_counts", "measurability",
    "trajectories", "target_outcomes", "disparities",
]
PLAIN = {"string", "int32", "int64", "double", "bool", "date32[day]", "timestamp[us, tz=UTC]"}


def check(condition, message):
    if not condition:
        sys.exit(f"interop: {message}")


def scalar(query):
    return duckdb.execute(query).fetchone()[0]


counts = {}
for table in TABLES:
    path = public / f"{table}.parquet"
    check(path.exists(), f"{path} is missing")
    arrow = pq.read_table(path)
    for field in arrow.schema:
        check(str(field.type) in PLAIN, f"{table}.{field.name} has type {field.type}")
    for name, column in zip(arrow.schema.names, arrow.columns):
        if str(column.type) == "double":
            bad = [v for v in column.to_pylist() if v is not None and v != v]
            check(not bad, f"{table}.{name} holds NaN")
    rows = {
        "pyarrow": arrow.num_rows,
        "duckdb": scalar(f"select count(*) from '{path}'"),
        "polars": polars.read_parquet(path).height,
        "pandas": len(pandas.read_parquet(path)),
    }
    check(len(set(rows.values())) == 1, f"{table}: readers count differently: {rows}")
    counts[table] = arrow.num_rows

check({path.stem for path in public.glob("*.parquet")} == set(TABLES), "public/v1 holds other tables")
lines = scalar(f"select count(distinct line) from '{public / 'lines.parquet'}'")
check(lines == 18, f"there are {lines} lines, 18 are right")
check(counts["lines"] == 18 * 4, f"lines has {counts['lines']} rows, one per line and window are right")
# Each pipeline ran twice and the same bad rows came again: they are stored once.
last = {run["pipeline"]: run["quarantined"] for run in summary["runs"]}
check(counts["quarantine"] == sum(last.values()), "quarantine rows differ from the runs' counts")

# A figure from outside: Norway, individuals using the Internet, 2015: 96.8103 % (World Bank).
where = "series_code = 'IT.NET.USER.ZS' and ref_area = 'NOR' and year = 2015"
observations = public / "observations_latest.parquet"
from_duckdb = scalar(f"select value from '{observations}' where {where}")
frame = polars.read_parquet(observations)
from_polars = frame.filter(
    (polars.col("series_code") == "IT.NET.USER.ZS")
    & (polars.col("ref_area") == "NOR")
    & (polars.col("year") == 2015)
)["value"][0]
data = pandas.read_parquet(observations)
from_pandas = data.query(where.replace(" = ", " == "))["value"].iloc[0]
check(from_duckdb == from_polars == from_pandas, "readers give different values")
check(abs(from_duckdb - 96.8103) < 0.01, f"Norway 2015 is {from_duckdb}, 96.81 is right")

# A1: Namibia survives pandas' defaults in the CSV too.
csv = pandas.read_csv(public / "areas.csv")
check((csv["area"] == "NAM").sum() == 1, "Namibia is lost in areas.csv")
check(
    scalar(f"select min(series_code) from '{observations}'") == frame["series_code"].min(),
    "MIN(series_code) differs (truncated statistics)",
)

# Q13: an instant is the same instant in every reader, not a day of 1970.
instants = {
    str(pandas.Timestamp(instant).tz_convert("UTC"))
    for instant in (
        scalar(f"select max(recorded_at) from '{observations}'"),
        frame["recorded_at"].max(),
        data["recorded_at"].max(),
        pq.read_table(observations)["recorded_at"].combine_chunks().to_pandas().max(),
    )
}
check(len(instants) == 1 and instants.pop() > "2026", f"readers see other instants: {instants}")

# The lake's own files (ZSTD), found as docs/formats.md says, without our code: from the newest
# snapshot to its buckets, datasets and segments, each document by its hash. The same rows as published.
lake = Path(summary["lake"])
snapshot = json.loads(max((lake / "snapshots").glob("*.json")).read_text())
check(snapshot["format"] == 2, f"the newest snapshot has format {snapshot['format']}")


def document(sha256: str) -> dict:
    body = (lake / "manifests" / f"{sha256}.json").read_bytes()
    check(hashlib.sha256(body).hexdigest() == sha256, f"manifests/{sha256}.json has another hash")
    return json.loads(body)


listed = []
for bucket in snapshot["buckets"].values():
    for name, dataset in document(bucket)["datasets"].items():
        table = document(dataset)["tables"].get("observations_latest", {})
        sealed = [file for segment in table.get("segments", [])
                  for file in document(segment["sha256"])["files"]]
        for file in sealed + table.get("tail", []):
            path = lake / file.get("path", f"data/{name}/{file['sha256'][:16]}.parquet")
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            check(found == file["sha256"], f"{path} has another hash")
            listed.append(str(path))
check(scalar(f"select count(*) from read_parquet({listed})") == counts["observations_latest"],
      "the lake's files hold other rows than the published table")

print("interop: DuckDB, polars, pyarrow and pandas agree:", counts)
