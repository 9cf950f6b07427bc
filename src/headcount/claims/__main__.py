"""Print the verdicts of studies: ``python -m headcount.claims results/a/claims.json …``; with ``schema``, their JSON schema.

With ``published``, what the claims about weights find in the tables that their own paper prints.
"""

import json
import sys
from pathlib import Path

from headcount.claims import Verdicts, printable, schema
from headcount.claims.own_values import own_values
from headcount.claims.writing import whose


def main() -> None:
    if sys.argv[1:] == ["schema"]:
        print(json.dumps(schema(), indent=2, ensure_ascii=False))
        return
    if sys.argv[1:] == ["published"]:
        print(own_values())
        return
    for path in sys.argv[1:]:
        verdicts = Verdicts.model_validate_json(Path(path).read_text(encoding="utf-8"))
        print(f"Verdicts of study {verdicts.study} on {whose(verdicts)} claims", printable(verdicts), sep="\n")


if __name__ == "__main__":
    main()
