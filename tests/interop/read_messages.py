"""Reads the messages that wsis read with other programs, and compares cell by cell.

    read_messages.py DUMPS SHARED

DUMPS has one JSON file for each message: {"path", "format", "parts": [{"ids", "kinds", "rows"}]}, written
by the test `peers_read_the_same` of crates/sources. SHARED is the folder with the files.

Where a program disagrees with the standard, or cannot read a file, it stands in KNOWN with the reason.
"""

import json
import logging
import math
import re
import sys
import warnings
from collections import Counter, OrderedDict
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

VALUE = "OBS_VALUE"
# What wsis adds, or writes otherwise: the action on a data set, and periods in one spelling.
OWN = {"ACTION"}

KNOWN = {
    "sdmx1": {
        "22_289.xml": "cannot read it: two structures under one name",
        "ECB_EXR0.xml": "cannot read structure-specific messages of 3.0 without their structure",
        "ECB_EXR_CA.xml": "cannot read structure-specific messages of 3.0 without their structure",
        "SDMXStructureSpecificDataExample_2.1.xml": "cannot read it: items are left over",
        "agri.json": "does not read SDMX-JSON 2.0",
        "exr-flat.json": "does not read SDMX-JSON 2.0",
        "exr-time-series.json": "does not read SDMX-JSON 2.0",
        "exr-cross-section.json": "does not read SDMX-JSON 2.0",
    },
    "pysdmx": {
        "22_289.xml": "refuses it: no such structure in the header; there is one only, which is meant",
        "SDMXStructureSpecificDataExample_2.1.xml": "refuses it: does not parse",
        "rg-xs.xml": "joins groups with every record (48 records of 12): wrong",
        "sg-xs.xml": "joins groups with every record (48 records of 12): wrong",
        "rg-ts-gf.xml": "loses what is said of the wider of two groups: wrong",
        "rg-ts.xml": "loses what is said of the wider of two groups: wrong",
        "rg-flat.xml": "loses what is said of the wider of two groups: wrong",
        "rg-flat-ss.xml": "loses what is said of the wider of two groups: wrong",
        "sg-flat.xml": "joins groups otherwise",
        "demography-xs.xml": "leaves measures with a type of their own as xsi:type",
        "demography_xs.xml": "leaves measures with a type of their own as xsi:type",
        "ECB_EXR_CA.xml": "keeps the last of several components with several values: wrong",
        "PCPS.xml": "refuses a header whose structure has no version",
        "sg-ts-gf-flat-ss.xml": "loses what is said of groups of a flat message: wrong",
    },
    "pyjstat": {
        "oecd-canada.json": "cannot read status objects with this pandas",
        "canada.json": "cannot read status lists of one with this pandas",
        "oecd.json": "cannot read status objects with this pandas",
        "galicia.json": "cannot read a single category without a place with this pandas",
        "us-labor.json": "cannot read a single category without a place with this pandas",
        "us-unr.json": "cannot read a single category without a place with this pandas",
        "three_dim_size_as_string_v1.json": "reads no data set of 1.x without a name",
        "three_dim_v1.json": "reads no data set of 1.x without a name",
    },
}

# Of these only keys and values are compared: what is left out, and who is right.
PARTLY = {
    "sdmx1": {
        name: "does not read the attributes of series, nor values by default: wrong"
        for name in ["ts.json", "data-PART2-all-all.json", "oecd1.json", "land_use.json", "tourism.json"]
    },
}


def number(text):
    """The number of a cell; NaN where there is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def same(ours, theirs):
    """Whether two cells are one: as texts, or as numbers."""
    # 1997Q1 is 1997-Q1, and 1990M01 is 1990-01.
    if ours == theirs or ours == re.sub(r"^(\d{4})M?(Q?\d+)$", r"\1-\2", theirs):
        return True
    left, right = number(ours), number(theirs)
    return left == right or (ours in ("", "NaN") and math.isnan(right))


def ours_of(part):
    """Records as dictionaries without empty cells."""
    records = []
    for row in part["rows"]:
        cells = {id: cell for id, cell in zip(part["ids"], row) if cell != "" and id not in OWN}
        value = cells.pop(VALUE, "")
        records.append((cells, value))
    return records


def by_sdmx1(file):
    import sdmx

    message = sdmx.read_sdmx(file)
    sets = []
    for data_set in message.data:
        records = []
        for obs in data_set.obs:
            cells = {id: str(key.value) for id, key in obs.key.values.items()}
            for id, value in obs.attrib.items():
                text = value.value if hasattr(value, "value") else value
                text = getattr(text, "id", None) or text
                cells[id] = str(text)
            records.append((cells, "" if obs.value is None else str(obs.value)))
        sets.append(records)
    return sets


def by_pysdmx(file):
    from pysdmx.io import read_sdmx

    sets = []
    for data_set in read_sdmx(file, validate=False).data or []:
        of_set = {id: str(value) for id, value in (data_set.attributes or {}).items()}
        records = []
        for row in data_set.data.to_dict("records"):
            cells = {id: str(cell) for id, cell in row.items() if str(cell) not in ("", "nan")}
            value = cells.pop(VALUE, "")
            records.append(({**of_set, **cells}, value))
        sets.append(records)
    return sets


def by_pyjstat(file):
    from pyjstat import pyjstat

    document = json.loads(Path(file).read_text(encoding="utf-8-sig"), object_pairs_hook=OrderedDict)
    if document.get("class") == "dataset":
        frames = [pyjstat.Dataset.read(json.dumps(document)).write("dataframe", naming="id")]
    else:
        frames = pyjstat.from_json_stat(document, naming="id")
    sets = []
    for frame in frames:
        records = []
        for row in frame.to_dict("records"):
            value = row.pop("value")
            records.append(({id: str(cell) for id, cell in row.items()}, str(value)))
        sets.append(records)
    return sets


def differences(ours, theirs, only=None):
    """What differs between two lists of records, at most a few of them."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} records, theirs {len(theirs)}"]
    found = []

    def key(record):
        return sorted((id, cell) for id, cell in record[0].items() if only is None or id in only)

    for (our, value), (their, other) in zip(sorted(ours, key=key), sorted(theirs, key=key)):
        if only is not None:
            our = {id: cell for id, cell in our.items() if id in only}
            their = {id: cell for id, cell in their.items() if id in only}
        if set(our) != set(their):
            found.append(f"components {sorted(set(our) ^ set(their))}")
        elif any(not same(our[id], their[id]) for id in our):
            found.append(str([(id, our[id], their[id]) for id in our if not same(our[id], their[id])]))
        elif not same(value, other):
            found.append(f"value {value} and {other} at {our}")
        if len(found) > 3:
            break
    return found


def main():
    dumps, shared = Path(sys.argv[1]), Path(sys.argv[2])
    readers = {
        "sdmx-ml": [("sdmx1", by_sdmx1), ("pysdmx", by_pysdmx)],
        "sdmx-json": [("sdmx1", by_sdmx1)],
        "json-stat": [("pyjstat", by_pyjstat)],
    }
    cells, failed, messages = Counter(), [], Counter()
    for dump in sorted(dumps.glob("*.json")):
        ours = json.loads(dump.read_text())
        file = shared / "data" / ours["path"]
        for reader, read in readers[ours["format"]]:
            known = KNOWN[reader].get(file.name)
            try:
                sets = read(str(file))
                parts = [ours_of(part) for part in ours["parts"]]
                found = [] if len(sets) == len(parts) else [f"{len(parts)} sets, theirs {len(sets)}"]
                for part, mine, theirs in zip(ours["parts"], parts, sets):
                    only = None
                    if reader == "pyjstat" or file.name in PARTLY.get(reader, {}):
                        kinds = zip(part["ids"], part["kinds"])
                        only = {id for id, kind in kinds if kind == "Dimension"}
                    found += differences(mine, theirs, only)
            except Exception as error:  # noqa: BLE001 (whatever another program does)
                found = [f"cannot be read: {error!r}"[:200]]
            if found and known is None:
                failed.append(f"{reader} {ours['path']}: {found}")
            elif not found and known is not None:
                failed.append(f"{reader} {ours['path']}: reads it today, and stands in KNOWN")
            elif not found:
                messages[reader] += 1
                cells[reader] += sum(len(c) + 1 for part in parts for c, _ in part)
    for reader in sorted(messages):
        known = len(KNOWN[reader])
        print(f"{reader}: {messages[reader]} messages, {cells[reader]} cells alike; {known} known not to be")
    if failed:
        sys.exit("\n".join(failed))
    if not messages:
        sys.exit("nothing was compared")


main()
