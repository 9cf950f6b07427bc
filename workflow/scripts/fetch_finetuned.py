"""Put a model that is fine-tuned for a task already in its place, and score it on the validation set."""

import time
from pathlib import Path

from headcount import encoders
from headcount.data.tasks import of_table
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import any_paths, arguments, recorded, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.fetching import fetch_finetuned
from headcount.models.finetuning import metrics
from headcount.progress import log
from headcount.settings.job_settings import RunName
from headcount.settings.models import FineTuned
from headcount.store.files import write_json
from headcount.store.hardware import hardware
from headcount.store.manifests import write_directory
from headcount.store.tables import read_table, write_table

OPTIONS = {"run": typed(RunName), "family": str, "finetuned": typed(FineTuned), "device": device, "budget": int}
FILES = {"pretrained": any_paths, "train": payload, "validation": payload, "content": str, "seen": Path}


def main() -> None:
    args = arguments(__doc__, **OPTIONS, **FILES, metrics=Path, outcomes=Path, directory=Path)
    started = time.monotonic()
    name: RunName = args.run
    own: FineTuned = args.finetuned
    task = of_table(args.validation)
    before = next(map(payload, map(str, args.pretrained)), None)
    key = f"encoders.{name.model}.finetuned.{name.task}"
    record = {
        **recorded(args, "run", "family", "finetuned", "device"),
        "inputs": {"model": files_of(before)} if before else {},
    }

    def fill(directory: Path) -> None:
        origin = fetch_finetuned(directory, key, own, args.family, before, task, args.content, args.seen)
        log.info(f"{name.model}, {name.task}: {origin['origin']}")
        model = encoders.load(directory, "ForSequenceClassification").to(args.device)
        tables = [read_table(path) for path in (args.train, args.validation)]
        found, outcomes = metrics(model, *tables, task, TextEncoder(directory), own.max_length, args.budget)
        write_table(args.outcomes, outcomes, **name.model_dump())
        record.update(**origin, metrics=found)

    write_directory(args.directory, fill, record, started)
    write_json(args.metrics, {**name.model_dump(), **record["metrics"], **hardware()})


if __name__ == "__main__":
    run(main)
