"""Ask a model a task while outlier features are disabled: each alone, all of them, and random sets of as many others."""

from functools import cache
from pathlib import Path

from headcount import encoders
from headcount.analysis.ablation import ablation_table, example_table, trials
from headcount.analysis.features import Bounds, outliers_of
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import payload
from headcount.networks.hidden_means import hidden_means
from headcount.networks.task_examples import ask
from headcount.order.outcomes import Answer
from headcount.progress import followed, log
from headcount.settings.job_settings import AblationSettings, RunName
from headcount.store.hardware import hardware
from headcount.store.tables import read_table, read_table_metadata, write_table
from headcount.units.features import Features


def main() -> None:
    args = arguments(
        __doc__,
        run=typed(RunName),
        settings=typed(AblationSettings),
        device=device,
        budget=int,
        model=payload,
        features=Path,
        data=payload,
        ablation=Path,
        outcomes=Path,
    )
    name: RunName = args.run
    settings: AblationSettings = args.settings
    known = read_table_metadata(args.features)
    bounds = Bounds(**{key: known[key] for key in ("sigma", "share", "joint")})
    outlying = outliers_of(read_table(args.features), bounds)
    questions = ask(name.task, args.data, args.model, name.seed, settings.score)
    model = encoders.load(args.model, questions.purpose, questions.labels).to(args.device)
    whole = Features(model)
    asked = trials(outlying, whole.size, settings.replace, settings.draws, name.seed)
    averaged = Features(model, hidden_means(model, questions.examples, args.budget)) if "mean" in settings.replace else whole
    log.info(f"{name.task}: {len(questions.examples.lengths)} examples, {len(outlying)} outliers, {len(asked)} trials")

    @cache
    def answer(replace: str, features: tuple[int, ...]) -> Answer:
        """Of one outlier, all of them are itself again."""
        with (averaged if replace == "mean" else whole).without(features):
            return questions.examples.answer(model, args.budget)

    answers = [answer(trial.replace, trial.features) for trial in followed("trials")(asked)]
    keys = {**name.model_dump(), "metric": questions.metric}
    write_table(args.ablation, ablation_table(asked, answers, keys), **hardware())
    write_table(args.outcomes, example_table(questions.named, answers))


if __name__ == "__main__":
    run(main)
