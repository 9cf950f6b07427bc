"""Pre-train a tokenizer and a masked-LM model from scratch on the sampled corpus."""

import shutil
import time
from pathlib import Path

from headcount.data.articles import read_articles
from headcount.data.blocks import blocks
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.jobs.gpus import device
from headcount.jobs.inputs import files_of, payload
from headcount.models.pretraining import pretrain, train_tokenizer
from headcount.models.snapshots import move_snapshots
from headcount.progress import log
from headcount.settings.models import Encoder, Pretrain
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, encoder=typed(Encoder), device=device, corpus=payload, work=Path, directory=Path)
    started = time.monotonic()
    family: str = args.encoder.family
    given: Pretrain = args.encoder.pretrain
    articles = list(read_articles(args.corpus))
    tokenizer_dir = args.work / "tokenizer"
    if not (tokenizer_dir / "tokenizer.json").exists():
        log.info(f"training the tokenizer on {len(articles)} articles")
        tokenizer = train_tokenizer([row["text"] for row in articles], family, given.vocabulary)
        tokenizer.save_pretrained(tokenizer_dir)
    pieces = list(blocks(articles, TextEncoder(tokenizer_dir), given.block_tokens))
    log.info(f"training on {len(pieces)} blocks")
    model, history = pretrain(pieces, tokenizer_dir, family, given, args.device, args.work / "steps")

    def fill(directory: Path) -> None:
        model.save_pretrained(directory)
        shutil.copytree(tokenizer_dir, directory, dirs_exist_ok=True)
        move_snapshots(args.work / "steps", directory)

    made_by = {
        **recorded(args, "encoder", "device"),
        "inputs": {"corpus": files_of(args.corpus)},
        "training": {"seconds": history[-1]["seconds"], "final_loss": history[-2]["loss"]},
    }
    write_directory(args.directory, fill, made_by, started)
    shutil.rmtree(args.work)


if __name__ == "__main__":
    run(main)
