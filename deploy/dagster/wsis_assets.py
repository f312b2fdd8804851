"""The lake's datasets and the scorecards as Dagster assets, by the `wsis` program."""

import json
import subprocess

from dagster import (
    AssetExecutionContext,
    Definitions,
    Failure,
    MaterializeResult,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

PIPELINES = ["worldbank-wdi", "undesa-egdi", "unsd-sdg"]


def ingest(pipeline: str):
    """An asset that is what a pipeline has brought into the lake."""

    @asset(name=pipeline.replace("-", "_"), group_name="wsis")
    def dataset(context: AssetExecutionContext) -> MaterializeResult:
        done = subprocess.run(
            ["wsis", "ingest", pipeline, "--format", "json"],
            capture_output=True,
            text=True,
            check=False,
        )
        context.log.info(done.stderr)
        if done.returncode == 2:
            raise Failure(description=f"configuration: {done.stderr}", allow_retries=False)
        run = json.loads(done.stdout)[0]
        if run["outcome"] not in ("committed", "unchanged"):
            raise Failure(description=f"{run['outcome']}: {run['error']}")
        kept = ("run", "outcome", "snapshot", "accepted", "quarantined", "new", "changed")
        return MaterializeResult(metadata={name: str(run[name]) for name in kept})

    return dataset


datasets = [ingest(pipeline) for pipeline in PIPELINES]


@asset(group_name="wsis", deps=datasets)
def scorecards() -> None:
    """The published scorecards of all Action Lines."""
    subprocess.run(["wsis", "score"], check=True)


everything = define_asset_job("wsis", selection="*")
defs = Definitions(
    assets=[*datasets, scorecards],
    jobs=[everything],
    schedules=[
        ScheduleDefinition(
            job=everything, cron_schedule="30 3 * * 1", execution_timezone="America/New_York"
        )
    ],
)
