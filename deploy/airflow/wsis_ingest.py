"""Ingests and scores under Airflow instead of the daemon (Airflow 2.7 or later, and 3).

Exit codes of `wsis`: 0 done; 1 ran, but a run failed or was held; 2 wrong usage or configuration.
Rows in quarantine within the gates are a warning (`--strict` makes them a failure). A failed task is tried once more after an hour: the program itself has retried
each request before, and what was received is not asked for again.
"""

from datetime import datetime, timedelta

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

PIPELINES = ["worldbank-wdi", "undesa-egdi", "unsd-sdg"]

with DAG(
    dag_id="wsis",
    schedule="30 3 * * 1",
    start_date=datetime(2026, 1, 5),
    catchup=False,  # a run brings the present state of a source; the past cannot be asked for
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(hours=1)},
    tags=["wsis"],
) as dag:
    score = BashOperator(
        task_id="score",
        bash_command="wsis score",
        # One source that is down must not keep the others' figures from being published.
        trigger_rule="all_done",
    )
    for pipeline in PIPELINES:
        ingest = BashOperator(
            task_id=f"ingest_{pipeline}",
            bash_command=f"wsis ingest {pipeline} --log-format json",
            execution_timeout=timedelta(hours=1),
        )
        ingest >> score
