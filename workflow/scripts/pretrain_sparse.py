"""Go on with masked LM while single weights go, then measure the sparse model on articles that it has not seen."""

import shutil
import time
from pathlib import Path

from headcount.data.articles import read_articles
from headcount.data.blocks import blocks, check_room
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.held_out import masked_blocks, parted
from headcount.models.packing import pack
from headcount.models.pretraining import beginning, train
from headcount.models.sparsifying import Sparse
from headcount.models.sparsifying import begun as begun_sparse
from headcount.progress import log
from headcount.settings.job_settings import RunName, SparsePretraining
from headcount.store.files import write_json
from headcount.store.hardware import hardware
from headcount.store.manifests import write_directory

OPTIONS = {"run": typed(RunName), "settings": typed(SparsePretraining), "device": device, "budget": int}


def main() -> None:
    args = arguments(__doc__, **OPTIONS, model=payload, corpus=payload, work=Path, directory=Path, metrics=Path)
    started = time.monotonic()
    given: SparsePretraining = args.settings
    name: RunName = args.run
    encoder = TextEncoder(args.model)
    check_room(args.model, given.block_tokens, "weights.pretrain.block_tokens", given.pairs > 0)
    seen, held_out = parted(read_articles(args.corpus), given.held_out)
    begun = beginning(args.model, name.seed)
    ramp = round(given.ramp * given.steps)
    callbacks = begun_sparse(begun.model, given.criterion, given.fraction, ramp, given.scope, name.seed)
    log.info("%s: going on with %d articles, %d held out", name.model, len(seen), len(held_out))
    pieces = list(blocks(seen, encoder, given.block_tokens))
    history = train(begun.model, pieces, encoder, given, args.device, args.work / "steps", callbacks)

    share = given.score.mask
    assert share is not None, "told with the settings of masked LM"
    asked = masked_blocks(held_out, encoder, given.block_tokens, name.seed, given.score.at_most, share)
    answer = asked.answer(begun.model, args.budget)
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
        "blocks": len(asked.lengths),
    }
    write_directory(args.directory, fill, made_by, started)
    write_json(args.metrics, {**name.model_dump(), **told, **hardware()})
    shutil.rmtree(args.work)


if __name__ == "__main__":
    run(main)
