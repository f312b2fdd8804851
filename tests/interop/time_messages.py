"""How long other programs take for the messages that benches/decode.rs writes.

    time_messages.py FOLDER

The best of three, from a file that is in memory to the observations as the program gives them.
"""

import json
import logging
import sys
import time
import warnings
from collections import OrderedDict
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def by_sdmx1(file):
    import sdmx

    message = sdmx.read_sdmx(file)
    return sum(len(data_set.obs) for data_set in message.data)


def by_pysdmx(file):
    from pysdmx.io import read_sdmx

    return sum(len(data_set.data) for data_set in read_sdmx(file, validate=False).data)


def by_pyjstat(file):
    from pyjstat import pyjstat

    document = json.loads(Path(file).read_text(), object_pairs_hook=OrderedDict)
    return len(pyjstat.Dataset.read(json.dumps(document)).write("dataframe", naming="id"))


def by_pandas(file):
    import pandas

    table = pandas.read_csv(file, sep="\t")
    key = table.columns[0]
    return len(table.melt(id_vars=key))


def by_duckdb(file):
    import duckdb

    query = {
        "table.csv": f"SELECT Area, Skill, Year, Value FROM read_csv('{file}')",
        "records.json": f"SELECT r.Area, r.Skill, r.Year, r.Value FROM (SELECT unnest(value) r FROM read_json('{file}', maximum_object_size = 100000000))",
        "sdmx_csv.csv": f"SELECT REF_AREA, SKILL, TIME_PERIOD, OBS_VALUE FROM read_csv('{file}')",
    }[Path(file).name]
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        return len(connection.execute(query).fetch_arrow_table())


folder = Path(sys.argv[1])
for name, readers in {
    "table.csv": [by_duckdb],
    "records.json": [by_duckdb],
    "sdmx_csv.csv": [by_duckdb, by_pysdmx],
    "sdmx_ml_specific.xml": [by_sdmx1, by_pysdmx],
    "sdmx_ml_generic.xml": [by_sdmx1, by_pysdmx],
    "sdmx_json.json": [by_sdmx1],
    "json_stat.json": [by_pyjstat],
    "eurostat_tsv.tsv": [by_pandas],
}.items():
    for reader in readers:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            try:
                count = reader(str(folder / name))
            except Exception as error:  # noqa: BLE001 (whatever another program does)
                count = repr(error)[:80]
            times.append(time.perf_counter() - start)
        print(f"{name} {reader.__name__[3:]}: {min(times) * 1000:.1f} ms, {count} observations")
