"""Masked-LM pre-training on any corpus of articles: from scratch, tokenizer and weights, or going on from a saved model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from headcount.data.blocks import Block
from headcount.data.tokenizer import TextEncoder, Tokens, copy_tokenizer
from headcount.errors import SourceError
from headcount.families import FAMILIES, model_type_of
from headcount.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel
    from transformers.trainer_callback import TrainerCallback

    from headcount.settings.models import MaskedTraining, Pretrain


def train_tokenizer(texts: Sequence[str], model_type: str, vocabulary: int) -> Any:
    """A tokenizer of the family's own kind, trained on ``texts``.

    Each treats a text's first word as any other word (``add_prefix_space``).
    """
    family = FAMILIES[model_type]
    return LEARNERS[family.tokenizer](texts, vocabulary, family.padding)


def _special(others: Sequence[str], padding: str, at: int) -> list[str]:
    """The special tokens, which have the lowest ids in this order; the one that fills up has the id ``at``."""
    return [*others[:at], padding, *others[at:]]


def _byte_level(texts: Sequence[str], vocabulary: int, padding: int | None) -> Any:
    from transformers.models.roberta.tokenization_roberta import RobertaTokenizer

    special = _special(["<s>", "</s>", "<unk>", "<mask>"], "<pad>", 1 if padding is None else padding)
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    learnt.train_from_iterator(texts, trainer)
    merges = [tuple(pair) for pair in _state(learnt)["merges"]]
    return RobertaTokenizer(vocab=learnt.get_vocab(), merges=merges, add_prefix_space=True)


def _unigram(texts: Sequence[str], vocabulary: int, padding: int | None) -> Any:
    from transformers.models.albert.tokenization_albert import AlbertTokenizer

    special = _special(["<unk>", "[CLS]", "[SEP]", "[MASK]"], "<pad>", padding or 0)
    learnt = AlbertTokenizer()._tokenizer
    # The trainer takes a piece into account only where two different words hold it: a frequent word could never be one piece.
    # So each word is also shown with an unused character behind it, and the pieces that hold that character are left out.
    unused = "\ue000"
    shown = [form for text in texts for form in (text, " ".join(word + unused for word in text.split()))]
    trainer = trainers.UnigramTrainer(vocab_size=vocabulary, special_tokens=special, unk_token="<unk>", show_progress=False)
    learnt.train_from_iterator(shown, trainer)
    return AlbertTokenizer(vocab=[(piece, score) for piece, score in _state(learnt)["vocab"] if unused not in piece])


def _wordpiece(texts: Sequence[str], vocabulary: int, padding: int | None) -> Any:
    from transformers.models.bert.tokenization_bert import BertTokenizer

    special = _special(["[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[PAD]", padding or 0)
    learnt = BertTokenizer()._tokenizer
    trainer = trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False)
    learnt.train_from_iterator(texts, trainer)
    return BertTokenizer(vocab=_state(learnt)["vocab"])


LEARNERS: Registry[Callable[[Sequence[str], int, int | None], Any]] = Registry(
    "kind of tokenizer", {"wordpiece": _wordpiece, "byte_level": _byte_level, "unigram": _unigram}
)


def _state(tokenizer: Tokenizer) -> dict[str, Any]:
    import json

    state: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return state


def encode_blocks(blocks: Sequence[Block], encoder: TextEncoder, settings: MaskedTraining) -> list[Tokens]:
    """Each block as one segment, or (a seeded share ``pairs`` of those with two sentences) as two, cut between sentences.

    Those in which nothing can be masked are left out.
    """
    rng = np.random.default_rng(settings.seed)
    longest = min(settings.block_tokens + 4, encoder.longest or settings.block_tokens + 4)
    single: list[str] = []
    first: list[str] = []
    second: list[str] = []
    for block in blocks:
        if len(block.sentences) > 1 and rng.random() < settings.pairs:
            at = int(rng.integers(1, len(block.sentences)))
            first.append(" ".join(block.sentences[:at]))
            second.append(" ".join(block.sentences[at:]))
        else:
            single.append(block.text)
    pairs = encoder.encode(first, second, longest) if first else []
    encoded = chain(encoder.encode(single, max_length=longest), pairs)
    return [tokens for tokens in encoded if encoder.can_mask(tokens.ids)]


def pretrain(
    blocks: Sequence[Block],
    tokenizer_dir: Path,
    model_type: str,
    settings: Pretrain,
    device: str,
    work: Path,
) -> tuple[Any, list[dict[str, float]]]:
    """A masked-LM model trained from random weights on ``blocks``, and its log; a killed run resumes from ``work``."""
    from transformers.trainer_utils import set_seed

    from headcount.models.snapshots import keeping

    encoder = TextEncoder(tokenizer_dir)
    set_seed(settings.seed)
    model = new_model(model_type, settings.shape or {}, encoder, settings.block_tokens)
    return model, train(model, blocks, encoder, settings, device, work, keeping(settings.snapshots, work))


def train(
    model: PreTrainedModel,
    blocks: Sequence[Block],
    encoder: TextEncoder,
    settings: MaskedTraining,
    device: str,
    work: Path,
    callbacks: Sequence[TrainerCallback] = (),
) -> list[dict[str, float]]:
    """Train ``model``, body and head, on ``blocks``; a killed run resumes from ``work``. Returns the log.

    Args:
        callbacks: of the training.
    """
    from headcount.models.trainer import MaskedTrainer, MaskingCollator, Rows, arguments, run

    args = arguments(
        work,
        device,
        max_steps=settings.steps,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_steps=round(settings.warmup * settings.steps),
        lr_scheduler_type="linear",
        weight_decay=settings.weight_decay,
        adam_beta2=0.98,
        seed=settings.seed,
        save_steps=max(1, min(1000, settings.steps // 4)),
        logging_steps=max(1, min(100, settings.steps // 10)),
    )
    rows = Rows(encode_blocks(blocks, encoder, settings))
    collator = MaskingCollator(encoder, settings.mask, settings.seed)
    trainer = MaskedTrainer(model, args, train_dataset=rows, data_collator=collator, callbacks=[*callbacks])
    run(trainer)
    model.eval()
    log: list[dict[str, float]] = trainer.state.log_history
    return log


def new_model(model_type: str, shape: dict[str, Any], encoder: TextEncoder, block_tokens: int) -> Any:
    """Random weights of the given shape, for the tokenizer's vocabulary."""
    family = FAMILIES[model_type]
    start, end = encoder.boundary_ids.values()
    special = {"pad_token_id": encoder.pad_id, **encoder.boundary_ids}
    again = {"cls_token_id": start, "sep_token_id": end}
    special |= {name: token for name, token in again.items() if hasattr(family.config_class(model_type), name)}
    positions = max(block_tokens + 8, int(shape.get("max_position_embeddings", 0)))
    config = family.config_class(model_type)(
        **{"vocab_size": encoder.vocabulary, "max_position_embeddings": positions, **special, **shape}
    )
    return family.model_class(model_type, "ForMaskedLM")(config)


# -------------------------------------------------------------------------------------------------------------- going on


@dataclass(frozen=True)
class Beginning:
    """A saved model as it is before it goes on: for masked LM, every weight that it brings in its place.

    ``head`` says whether it brought its head for masked LM, or has a new one; ``beside`` is what it brought besides, such as a
    pooler, by the names under which classes of its family look for it; ``dropout`` is its own, by the configuration's names.
    """

    model: PreTrainedModel
    head: Literal["kept", "new"]
    beside: dict[str, Tensor]
    dropout: dict[str, float]

    def save(self, directory: Path, original: Path) -> None:
        """As ``save_pretrained`` does, with what masked LM has no use for, and with the tokenizer in ``original``."""
        from headcount.models import weights

        self.model.config.update(self.dropout)
        self.model.save_pretrained(directory)
        weights.write(directory, {**self.beside, **weights.read(directory)})
        copy_tokenizer(original, directory)


def beginning(original: Path, seed: int, dropout: float | None = None) -> Beginning:
    """The saved model in ``original`` with a head for masked LM: its own, or where it has none, one drawn by ``seed``.

    It goes on with ``dropout`` in its body, or with its own.

    Raises:
        SourceError: it has a part of such a head.
    """
    from transformers.trainer_utils import set_seed

    from headcount import encoders
    from headcount.models import weights

    model_type = model_type_of(original)
    kind = FAMILIES[model_type]
    own = kind.config_class(model_type).from_pretrained(original, local_files_only=True)
    changed = {} if dropout is None else dict.fromkeys(kind.dropouts, dropout)
    told: dict[str, Any] = {
        **changed,
        "local_files_only": True,
        "use_safetensors": True,
        "attn_implementation": kind.attention,
    }
    set_seed(seed)
    model, loading = kind.model_class(model_type, "ForMaskedLM").from_pretrained(original, output_loading_info=True, **told)
    of_the_body = {id(parameter) for parameter in encoders.body(model).parameters()}  # with those that the head shares
    head = {name for name, parameter in model.named_parameters() if id(parameter) not in of_the_body}
    if (missing := head & set(loading["missing_keys"])) not in (set(), head):
        raise SourceError(
            f"{original} has a head for masked LM that lacks {min(missing)}; go on from a model with a whole one, or with none"
        )
    found = weights.read(original)
    bare = not any(name.startswith(f"{kind.body}.") for name in found)  # saved without a head: its names lack the body's
    unused = [name for name in loading["unexpected_keys"] if name in found and not name.endswith(weights.NEVER_LEARNT)]
    beside = {f"{kind.body}.{name}" if bare else name: found[name] for name in sorted(unused)}
    return Beginning(model, "new" if missing else "kept", beside, {name: getattr(own, name) for name in kind.dropouts})
