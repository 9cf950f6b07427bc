"""Go on with masked LM while single weights go, then measure the sparse model on articles that it has not seen."""

import shutil
import time
from pathlib import Path

from headcount.data.articles import read_articles
from headcount.data.blocks import block_table, blocks, check_room
from headcount.data.sampling import chosen, sample
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.packing import pack
from headcount.models.pretraining import beginning, train
from headcount.models.sparsifying import Hold, Sparse, Sparsify, zero_drawn
from headcount.networks.task_examples import block_names, masked
from headcount.progress import log
from headcount.settings.job_settings import RunName, SparsePretraining
from headcount.store.files import write_json
from headcount.store.hardware import hardware
from headcount.store.manifests import write_directory

HELD_OUT = 0
"""Seed of the articles that are held out: the same in every run."""
OPTIONS = {"run": typed(RunName), "settings": typed(SparsePretraining), "device": device, "budget": int}


def main() -> None:
    args = arguments(__doc__, **OPTIONS, model=payload, corpus=payload, work=Path, directory=Path, metrics=Path)
    started = time.monotonic()
    given: SparsePretraining = args.settings
    name: RunName = args.run
    encoder = TextEncoder(args.model)
    check_room(args.model, given.block_tokens, "weights.pretrain.block_tokens", given.pairs > 0)
    seen, held_out = [], []
    for article in read_articles(args.corpus):
        (held_out if chosen(HELD_OUT, article["id"], given.held_out) else seen).append(article)
    begun = beginning(args.model, name.seed)
    callbacks: list[Hold] = []
    if given.fraction and given.criterion == "random":
        zero_drawn(begun.model, given.fraction, name.seed)
        callbacks = [Hold()]
    elif given.fraction:
        callbacks = [Sparsify(given.fraction, round(given.ramp * given.steps), given.scope)]
    log.info("%s: going on with %d articles, %d held out", name.model, len(seen), len(held_out))
    pieces = list(blocks(seen, encoder, given.block_tokens))
    history = train(begun.model, pieces, encoder, given, args.device, args.work / "steps", callbacks)

    asked = block_table(held_out, encoder, given.block_tokens)
    asked = asked.iloc[sample(name.seed, block_names(asked), at_most=given.score.at_most)].reset_index(drop=True)
    share = given.score.mask
    assert share is not None, "told with the settings of masked LM"
    answer = masked(asked, encoder, name.seed, share).answer(begun.model, args.budget)
    found = Sparse.of(begun.model)
    log.info("%.1f%% of the weights are zero; loss %.4f, Recall@1 %.4f", 100 * found.fraction, answer.loss, answer.score)

    def fill(directory: Path) -> None:
        begun.save(directory, args.model)
        pack(directory)

    made_by = {
        **recorded(args, "run", "settings", "device"),
        "inputs": {"corpus": files_of(args.corpus), "model": files_of(args.model)},
        "training": {"seconds": history[-1]["seconds"], "final_loss": history[-2]["loss"]},
    }
    told = {
        "criterion": given.criterion,
        "schedule": "retrained",
        "fraction": given.fraction,
        "removed": found.removed if given.fraction else 0,
        "removed_fraction": found.fraction if given.fraction else 0.0,
        "metric": "recall_at_1",
        "score": answer.score,
        "loss": answer.loss,
        "blocks": len(asked),
    }
    write_directory(args.directory, fill, made_by, started)
    write_json(args.metrics, {**name.model_dump(), **told, **hardware()})
    shutil.rmtree(args.work)


if __name__ == "__main__":
    run(main)
