#!/bin/sh
# Checks the files of this folder as far as the machine can. What is not installed is left out,
# and said.
set -eu
cd "$(dirname "$0")"
left_out() { echo "left out: $1"; }

if command -v systemd-analyze >/dev/null; then
    # The units name a program that need not be installed here.
    units=$(mktemp -d)
    for unit in systemd/*.service; do
        sed 's#/usr/local/bin/wsis#/bin/true#' "$unit" > "$units/$(basename "$unit")"
    done
    cp systemd/*.timer "$units/"
    systemd-analyze verify "$units"/*.service "$units"/*.timer
    rm -r "$units"
    echo "systemd: verified"
else
    left_out "systemd units (systemd-analyze)"
fi

python3 -m py_compile airflow/wsis_ingest.py dagster/wsis_assets.py
rm -rf airflow/__pycache__ dagster/__pycache__
echo "airflow, dagster: they compile"

if python3 -c 'import yaml' 2>/dev/null; then
    python3 -c '
import glob, yaml
for name in glob.glob("kubernetes/*.yaml") + glob.glob("prometheus/*.yml"):
    assert all(part for part in yaml.safe_load_all(open(name))), name
print("yaml: parsed")'
else
    left_out "yaml (python3-yaml)"
fi

if command -v kubernetes-validate >/dev/null; then
    kubernetes-validate --strict kubernetes/*.yaml
    echo "kubernetes: valid by the published schemas"
else
    left_out "kubernetes schemas (pip install kubernetes-validate)"
fi

if command -v promtool >/dev/null; then
    promtool check rules prometheus/alerts.yml
else
    left_out "prometheus rules (promtool)"
fi
