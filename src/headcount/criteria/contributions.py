"""What each example adds to an importance: kept in two half sums and one number an example, for how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor


class Contributions:
    """Collected while an importance is estimated; what is held does not grow with the number of heads times examples.

    Attributes:
        halves: importances, up to a factor, of the examples at even and at odd places of the sample: ``[2, heads]``, all rows
            one after the other. ``None`` as long as nothing has been added.
        totals: what each example adds, summed over all heads.
    """

    def __init__(self, examples: int) -> None:
        self.halves: Float64[np.ndarray, "2 heads"] | None = None
        self.totals: Float64[np.ndarray, " examples"] = np.zeros(examples)

    def add(self, indices: Sequence[int], gradients: Sequence[Float64[Tensor, "examples *tokens heads"]]) -> None:
        """Take in a batch: the places of its examples in the sample, and what an estimator sums up the sizes of."""
        sizes = torch.cat([gradient.abs().reshape(len(indices), -1, gradient.shape[-1]).sum(1) for gradient in gradients], 1)
        of_batch, places = sizes.cpu().numpy(), np.asarray(indices, np.int64)
        sums = np.stack([of_batch[places % 2 == half].sum(0) for half in (0, 1)])
        self.halves = sums if self.halves is None else self.halves + sums
        self.totals[places] = of_batch.sum(1)
