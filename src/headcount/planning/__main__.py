"""``python -m headcount.planning config.yaml``: what a study will cost."""

from headcount.planning.page import main

main()
