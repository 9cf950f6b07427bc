"""Print the verdicts of studies: ``python -m headcount.claims results/a/claims.json …``; with ``schema``, their JSON schema."""

import json
import sys
from pathlib import Path

from headcount.claims import Verdicts, printable, schema


def main() -> None:
    if sys.argv[1:] == ["schema"]:
        print(json.dumps(schema(), indent=2, ensure_ascii=False))
        return
    for path in sys.argv[1:]:
        verdicts = Verdicts.model_validate_json(Path(path).read_text(encoding="utf-8"))
        print(f"Verdicts of study {verdicts.study} on the paper's claims", printable(verdicts), sep="\n")


if __name__ == "__main__":
    main()
