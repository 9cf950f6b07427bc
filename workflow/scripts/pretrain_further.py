"""Go on pre-training a saved model by masked LM on the sampled corpus."""

import shutil
import time
from pathlib import Path

from headcount.data.articles import read_articles
from headcount.data.blocks import blocks, check_room
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, origin_of, payload
from headcount.models.pretraining import beginning, train
from headcount.models.snapshots import keeping, move_snapshots
from headcount.progress import log
from headcount.settings.models import Encoder, Pretrain
from headcount.store.manifests import write_directory

OPTIONS = {"model": str, "encoder": typed(Encoder), "device": device}


def main() -> None:
    args = arguments(__doc__, **OPTIONS, original=payload, corpus=payload, work=Path, directory=Path)
    started = time.monotonic()
    given: Pretrain = args.encoder.pretrain
    encoder = TextEncoder(args.original)
    check_room(args.original, given.block_tokens, f"encoders.{args.model}.pretrain.block_tokens", given.pairs > 0)
    pieces = list(blocks(read_articles(args.corpus), encoder, given.block_tokens))
    begun = beginning(args.original, given.seed, given.dropout)
    log.info(f"{args.model}: going on from {given.origin} with {len(pieces)} blocks; its head for masked LM is {begun.head}")
    work = args.work / "steps"
    history = train(begun.model, pieces, encoder, given, args.device, work, keeping(given.snapshots, work))
    made_by = {
        **recorded(args, "model", "encoder", "device"),
        **origin_of(args.original),
        "inputs": {"corpus": files_of(args.corpus), "original": files_of(args.original)},
        "masked_lm_head": begun.head,
        "training": {"seconds": history[-1]["seconds"], "final_loss": history[-2]["loss"]},
    }

    def fill(directory: Path) -> None:
        begun.save(directory, args.original)
        move_snapshots(work, directory)

    write_directory(args.directory, fill, made_by, started)
    shutil.rmtree(args.work)


if __name__ == "__main__":
    run(main)
