"""Scale and bias of every layer's output LayerNorm, feature by feature, and which stand out."""

from pathlib import Path

from headcount.analysis.features import Bounds, feature_table, outliers_of
from headcount.families import model_type_of
from headcount.jobs.command_line import arguments, run, typed
from headcount.jobs.inputs import payload
from headcount.models import weights
from headcount.progress import log
from headcount.settings.job_settings import OutlierBounds
from headcount.store.tables import write_table
from headcount.units.norm_weights import norm_weights


def main() -> None:
    args = arguments(__doc__, study=str, model=str, settings=typed(OutlierBounds), pretrained=payload, features=Path)
    bounds = Bounds(**args.settings.model_dump())
    scale, bias = norm_weights(weights.read(args.pretrained), model_type_of(args.pretrained))
    table = feature_table(scale, bias, bounds, {"study": args.study, "model": args.model})
    outlying = outliers_of(table, bounds)
    log.info(
        f"{args.model}: {len(outlying)} of {scale.shape[1]} features stand out in more than {bounds.share:.0%} of its layers"
    )
    write_table(args.features, table, outliers=outlying, **vars(bounds))


if __name__ == "__main__":
    run(main)
