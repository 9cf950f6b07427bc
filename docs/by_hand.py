"""Two verdicts again, step by step, without a line of the package: ``python docs/by_hand.py results/<study> [results/<base>]``.

Claim C5 from a curve and each block's outcome, claim C7 from each example's. It ends with an error where
``claims.json`` says something else. Errors over blocks and examples are a jackknife's here and a bootstrap's there: they
agree to a tenth or so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm, t

METRICS = ("metrics.json", "frozen/layers/metrics.json")
TITLES = {"cola": "CoLA", "sst2": "SST-2", "qqp": "QQP", "mnli": "MNLI"}


def table(rows: pd.DataFrame) -> str:
    """Markdown, four digits."""
    texts = [[f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows.itertuples(index=False)]
    lines = [list(rows.columns), ["---"] * len(rows.columns), *texts]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(removed: np.ndarray, scores: np.ndarray, level: float) -> float:
    """Where a curve first falls through a level of relative performance, read off in a straight line between two points."""
    relative = scores / scores[0]
    below = int(np.argmax(relative < level))
    before = below - 1
    way = (relative[before] - level) / (relative[before] - relative[below])
    return float((removed[before] + way * (removed[below] - removed[before])) / removed[-1])


def masked_lm(study: Path, model: str, claim: dict) -> str:
    """C5: the heads that are kept where masked LM keeps three quarters of its performance."""
    name = "curve/head/gate_gradient-l1"
    runs, kept, without = sorted(study.glob(f"{model}/mlm/seed*")), [], []
    for run in runs:
        curve = pd.read_parquet(run / f"{name}.parquet").sort_values("removed")
        outcomes = pd.read_parquet(run / f"{name}.outcomes.parquet").set_index("example")
        removed = curve["removed"].to_numpy()
        hits = outcomes[[f"removed_{count}" for count in removed]].astype(float)
        masked = outcomes["masked"]
        assert np.allclose(hits.sum() / masked.sum(), curve["score"]), "Recall@1 is hits over masked tokens"
        kept.append(1 - share(removed, curve["score"].to_numpy(), 0.75))
        left = {one: (hits.sum() - hits.loc[one]) / (masked.sum() - masked[one]) for one in outcomes.index}
        without.append(pd.Series({one: 1 - share(removed, scores.to_numpy(), 0.75) for one, scores in left.items()}))
    seeds = len(kept)
    each = pd.concat(without, axis=1).mean(axis=1)  # the same block left out of every seed's curve
    blocks = np.sqrt((len(each) - 1) / len(each) * ((each - each.mean()) ** 2).sum())
    mean, error = np.mean(kept), np.std(kept, ddof=1) / np.sqrt(seeds)
    half = np.sqrt((t.isf(0.025, seeds - 1) * error) ** 2 + (norm.isf(0.025) * blocks) ** 2)
    (part,) = claim["parts"]
    assert np.isclose(part["value"], mean) and np.isclose(part["error_of_seeds"], error)
    assert abs(part["error_of_examples"] / blocks - 1) < 0.15, (part["error_of_examples"], blocks)
    verdict = "inconclusive"
    if seeds >= 3:
        verdict = "supported" if mean + half < 0.5 else "contradicted" if mean - half > 0.5 else "inconclusive"
    assert verdict == claim["verdict"]
    rows = pd.DataFrame({"seed": [run.name.removeprefix("seed") for run in runs], "share of the heads kept": kept})
    return "\n\n".join(
        [
            f"## C5. {claim['claim']}",
            f"From `{study.name}/{model}/mlm/seed<k>/{name}.parquet` and the outcomes beside it. For each seed the relative"
            " score is the Recall@1 over that of the whole model; the share is read off in a straight line between the last"
            " point at .75 or above before the first point below it, and that point; what is kept is one minus it.",
            table(rows),
            f"1. Mean over {seeds} seeds: {mean:.4f}. Standard deviation {np.std(kept, ddof=1):.4f}: the mean's standard error"
            f" is {np.std(kept, ddof=1):.4f} / √{seeds} = {error:.4f}.\n"
            f"2. Each of the {len(each)} blocks left out in turn, of all seeds' curves at once (jackknife): standard error"
            f" {blocks:.4f}; {part['error_of_examples']:.4f} from the {claim['id']} in `claims.json`, by resampling.\n"
            f"3. Student's t at 2.5 % with {seeds - 1} degrees of freedom is {t.isf(0.025, seeds - 1):.3f}, the normal quantile"
            f" {norm.isf(0.025):.3f}: half of the interval is √(({t.isf(0.025, seeds - 1):.3f} · {error:.4f})² +"
            f" ({norm.isf(0.025):.3f} · {blocks:.4f})²) = {half:.4f}.\n"
            f"4. The interval, {mean - half:.4f} to {mean + half:.4f}, is held against < 0.5: **{verdict}**.",
        ]
    )


def score(task: str, labels: np.ndarray, answers: np.ndarray) -> float:
    """GLUE's metric: Matthews correlation, accuracy, or the mean of accuracy and F1."""
    right = float(np.mean(labels == answers))
    if task == "cola":
        return float(np.corrcoef(labels, answers)[0, 1])
    hits = np.sum((labels == 1) & (answers == 1))
    return (right + 2 * hits / (np.sum(labels == 1) + np.sum(answers == 1))) / 2 if task == "qqp" else right


def ratios(run: Path, task: str) -> tuple[float, pd.Series]:
    """The frozen run's score over the ordinary one's; and again without each example, by its name."""
    held, free = (
        pd.read_parquet(run / name).set_index("example") for name in ("frozen/layers/outcomes.parquet", "outcomes.parquet")
    )
    columns = np.stack([free["label"], held["removed_0"].reindex(free.index), free["removed_0"]])

    def ratio(columns: np.ndarray) -> float:
        labels, frozen, ordinary = columns
        return score(task, labels, frozen) / score(task, labels, ordinary)

    kinds, which = np.unique(columns, axis=1, return_inverse=True)  # examples alike in all three leave the same rest
    first = [int(np.flatnonzero(which == kind)[0]) for kind in range(kinds.shape[1])]
    without = np.array([ratio(np.delete(columns, one, axis=1)) for one in first])
    return ratio(columns), pd.Series(without[which], index=free.index)


def frozen(base: Path, model: str, claim: dict) -> str:
    """C7: fine-tuning with the lowest layers frozen, over the ordinary run."""
    rows, tails, verdicts = [], [], []
    for task, title in TITLES.items():
        runs = [run.parents[2] for run in sorted(base.glob(f"{model}/{task}/seed*/frozen/layers/metrics.json"))]
        collapsed = [any(json.loads((run / name).read_text())["collapsed"] for name in METRICS) for run in runs]
        each, without = zip(*(ratios(run, task) for run, gone in zip(runs, collapsed, strict=True) if not gone), strict=True)
        (part,) = [part for part in claim["parts"] if part["label"] == title]
        seeds, bar = len(each), part["bar"]
        left_out = pd.concat(without, axis=1).mean(axis=1)  # the same example left out of every seed's runs
        size = len(left_out)
        examples = float(np.sqrt((size - 1) / size * ((left_out - left_out.mean()) ** 2).sum()))
        mean, error = float(np.mean(each)), float(np.std(each, ddof=1) / np.sqrt(seeds))
        half = float(np.hypot(t.isf(0.025, seeds - 1) * error, norm.isf(0.025) * examples))
        assert np.isclose(part["value"], mean) and np.isclose(part["error_of_seeds"], error), title
        assert abs(part["error_of_examples"] / examples - 1) < 0.15, (title, part["error_of_examples"], examples)
        # The probability, on one side, that leaves an interval which just touches the bar: halved until it is found.
        low, high = 0.0, 0.5
        for _ in range(60):
            middle = (low + high) / 2
            wide = np.hypot(t.isf(middle, seeds - 1) * error, norm.isf(middle) * examples) > bar - mean
            low, high = (middle, high) if wide else (low, middle)
        tails.append(high if mean < bar and seeds >= 3 else 1.0)
        verdicts.append("supported" if seeds >= 3 and mean - half > bar else "inconclusive")
        rows.append([title, seeds, mean, error, examples, mean - half, mean + half, bar, tails[-1]])
    falls = True
    for rank, which in enumerate(np.argsort(tails)):
        falls = falls and tails[which] <= 0.025 / (len(tails) - rank)
        verdicts[which] = "contradicted" if falls else verdicts[which]
    assert verdicts == [part["verdict"] for part in claim["parts"]], verdicts
    columns = ["task", "seeds", "mean ratio", "s.e. seeds", "s.e. examples", "low", "high", "bar", "p below the bar"]
    steps = [
        "1. The ratio of a seed is the frozen run's score over the ordinary one's, of the same validation examples.",
        "2. Each example is left out in turn, of all seeds' runs at once (jackknife): the standard error over the examples.",
        "3. Half of an interval is √((t · s.e. seeds)² + (1.960 · s.e. examples)²), t at 2.5 % with one degree of freedom less"
        " than there are seeds.",
        "4. Where the mean is below its bar, p is the probability at which the interval would just touch the bar.",
        f"5. Holm: the smallest p is held against .025 / {len(tails)}, the next against .025 / {len(tails) - 1}, and so on"
        " until one is larger. A task whose p falls is contradicted; one whose whole interval lies above its bar is supported.",
        f"6. The claim speaks of all four tasks: **{claim['verdict']}**.",
    ]
    sources = f"From `{base.name}/{model}/<task>/seed<k>/outcomes.parquet` and `frozen/layers/outcomes.parquet` beside it."
    found = table(pd.DataFrame(rows, columns=columns).assign(verdict=verdicts))
    return "\n\n".join([f"## C7. {claim['claim']}", sources, found, "\n".join(steps)])


def main() -> None:
    study = Path(sys.argv[1])
    base = Path(sys.argv[2]) if sys.argv[2:] else study
    content = json.loads((study / "claims.json").read_text(encoding="utf-8"))
    by_id, model = {claim["id"]: claim for claim in content["claims"]}, content["roles"]["main"]
    introduction = (
        f"# Two verdicts by hand\n\nWritten by `{' '.join(['python docs/by_hand.py', *sys.argv[1:]])} > docs/by-hand.md`, which"
        " uses nothing of the package and ends with an error where `claims.json` says something else."
    )
    print("\n\n".join([introduction, masked_lm(study, model, by_id["C5"]), frozen(base, model, by_id["C7"])]))


if __name__ == "__main__":
    main()
