"""The outlier features of any saved model: ``python -m headcount.models.outliers path/to/model``, from its weights alone."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from headcount.analysis.features import Bounds, feature_table, outliers_of
from headcount.families import model_type_of
from headcount.models import weights
from headcount.units.norm_weights import norm_weights

AFFECTS_RESULTS = False


def described(directory: Path, bounds: Bounds) -> str:
    """Which features stand out in a model, and in which layers, with raw values and z."""
    scale, bias = norm_weights(weights.read(directory), model_type_of(directory))
    table = feature_table(scale, bias, bounds, {"study": "", "model": directory.name})
    outlying = outliers_of(table, bounds)
    layers, features = scale.shape
    found = f"{len(outlying)} of {features} features stand out in more than {bounds.share:.0%} of {layers} layers"
    lines = [f"{directory.name}: {found}"]
    for feature in outlying:
        own = table[table["feature"] == feature]
        lines.append(
            f"feature {feature}  (* where both are beyond {bounds.sigma:g} sd)" if bounds.joint else f"feature {feature}"
        )
        for row in own.to_dict("records"):
            mark, *values = "*" if row["outlier"] else " ", row["scale"], row["z_scale"], row["bias"], row["z_bias"]
            lines.append(
                f"  {mark} layer {row['layer']:2}  " + "scale {:8.3f} (z {:6.2f})  bias {:8.3f} (z {:6.2f})".format(*values)
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m headcount.models.outliers", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("model", type=Path, help="a directory with config.json and safetensors")
    parser.add_argument("--sigma", type=float, default=3.0, help="standard deviations from a layer's mean (default: 3)")
    parser.add_argument("--share", type=float, default=0.25, help="in more than this share of the layers (default: .25)")
    parser.add_argument("--either", action="store_true", help="scale or bias stands out, not both")
    args = parser.parse_args(arguments)
    try:
        print(described(args.model, Bounds(args.sigma, args.share, not args.either)))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{args.model}: {error}") from None


if __name__ == "__main__":
    main()
