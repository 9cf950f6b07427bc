# Every target is a line that you could type yourself. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help miniature evidence features weights languages calibrate encoders check-encoders pretraining-pays plan clock progress bench readings results test lint format reference lock

PYTHON ?= python3
CORES ?= 2
STUDIES := laptop laptop-features evidence miniature features weights languages untrained
BIN := .venv/bin
INSTALLED := .venv/installed
export PATH := $(CURDIR)/$(BIN):$(PATH)

help:  ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(INSTALLED): requirements.lock pyproject.toml
	@case '$(CURDIR)' in *[{}]*) echo "error: Snakemake takes a brace in a path for a wildcard: move this folder to one without" >&2; exit 1;; esac
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

miniature: $(INSTALLED)  ## The whole study in miniature, offline, to results/miniature/
	snakemake --cores $(CORES) --configfile config/miniature.yaml
	@python -m headcount.claims results/miniature/claims.json

evidence: $(INSTALLED)  ## The same study at the size that its verdicts need: results/evidence/
	snakemake --cores $(CORES) --configfile config/miniature.yaml config/overlays/evidence.yaml
	@python -m headcount.claims results/evidence/claims.json

plan: $(INSTALLED)  ## What the paper's grid costs, before anything runs: CONFIG="config/config.yaml mine.yaml" for yours, TARGET="results/…" for a part
	@python -m headcount.planning $(or $(CONFIG),config/config.yaml) $(if $(TARGET),--target $(TARGET))

clock: $(INSTALLED)  ## The plan beside the time that a study took: CONFIG="config/laptop.yaml mine.yaml"
	@python -m headcount.planning.clock $(or $(CONFIG),config/miniature.yaml)

progress: $(INSTALLED)  ## How far a study is and when it will end, from a second terminal: CONFIG="config/laptop.yaml mine.yaml"
	@python -m headcount.planning.progress --cores $(CORES) $(or $(CONFIG),config/miniature.yaml)

bench: $(INSTALLED)  ## Speed against what people run today: a table, and benchmarks/results/<device>.json
	python -m benchmarks

readings: $(INSTALLED)  ## docs/readings.md, with what other readings of the paper change in miniature
	snakemake readings --cores $(CORES) --configfile config/miniature.yaml
	python -m headcount.report.readings results/miniature/*/*/seed*/readings.csv > docs/readings.md

features: $(INSTALLED)  ## Outlier features in miniature: the shipped encoder, one with a known outlier, one looked at while it learns
	snakemake --cores $(CORES) --configfile config/miniature.yaml config/overlays/features.yaml
	@python -m headcount.claims results/features/claims.json

weights: $(INSTALLED)  ## Single weights beside heads in miniature: pruned before, while and after the shipped RoBERTa is fine-tuned
	snakemake --cores $(CORES) --configfile config/miniature.yaml config/overlays/weights.yaml
	@python -m headcount.claims results/weights/claims.json

calibrate: $(INSTALLED)  ## docs/calibration.md: how often intervals hold the truth and verdicts are wrong, in simulated studies
	python -m headcount.claims.calibration $(or $(STUDY),results/evidence)/claims.json > docs/calibration.md
	@cat docs/calibration.md

languages: $(INSTALLED)  ## Several languages in miniature: how prunable the shipped multilingual encoder is, beside the English one
	snakemake --cores $(CORES) --configfile config/miniature.yaml config/overlays/languages.yaml
	@python -m headcount.claims results/languages/claims.json

encoders: $(INSTALLED)  ## Make the embedded world's encoders anew (some hours), and ship them with the package
	snakemake results/encoders/roberta/pretrained results/encoders/albert/pretrained \
		--cores $(CORES) --configfile config/encoders.yaml
	snakemake results/encoders-multilingual/multilingual/pretrained \
		--cores $(CORES) --configfile config/encoders.yaml config/overlays/multilingual.yaml
	python -m headcount.miniature.shipping ship results/encoders results/encoders-multilingual

check-encoders: $(INSTALLED)  ## Are the shipped encoders what their manifests say, and do they score as they say?
	python -m headcount.miniature.shipping check

pretraining-pays: $(INSTALLED)  ## The miniature's fine-tuning from random weights beside it: results/untrained/averages.csv
	snakemake results/untrained/averages.csv --cores $(CORES) --configfile config/miniature.yaml config/overlays/untrained.yaml
	@cat results/untrained/averages.csv

results: $(INSTALLED)  ## docs/results.md, from the studies and benchmarks that have run
	python -m headcount.report.keeping docs/studies $(patsubst %/,%,$(wildcard $(STUDIES:%=results/%/)))
	python -m headcount.report.results_page docs/results.md $$(ls -d docs/studies/*) $(wildcard benchmarks/results/*.json)
	if [ -d results/laptop ]; then cp results/laptop/figures/figure1.png docs/images/; fi
	if [ -d results/evidence ]; then python docs/by_hand.py results/evidence results/miniature > docs/by-hand.md; fi

test: $(INSTALLED)  ## Every test
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED)  ## Style, types, and Snakemake's own checks
	ruff check . && ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint --configfile config/miniature.yaml

format: $(INSTALLED)  ## Put the code into the style that lint asks for
	ruff check --fix . && ruff format .
	snakefmt Snakefile workflow

reference: $(INSTALLED)  ## config/README.md, the JSON schemas, dvc.yaml and docs/five-languages.md, from what they are made of
	python -m headcount.settings.reference
	python -m headcount.ledger.pipeline config/config.yaml > dvc.yaml
	python -m headcount.claims schema > workflow/schemas/claims.schema.json
	python -m headcount.miniature.languages > docs/five-languages.md

lock:  ## Exact pins of everything, and envs/ from them
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet --editable '.[dev]'
	.venv-lock/bin/python envs/lock.py
	rm -r .venv-lock

.PHONY: publish pull verify provenance

publish: $(INSTALLED)  ## Send what is built to the artifacts' remote, and say what to commit: CONFIG=… if several studies are
	@python -m headcount.ledger.publishing publish $(CONFIG)

pull: $(INSTALLED)  ## Get what is published, after a clone and after each switch of branches: TARGET=results/… for less
	@python -m headcount.ledger.publishing pull $(TARGET)

verify: $(INSTALLED)  ## Every file against what its job wrote, manifests against the config, local sources against what was read
	@python -m headcount.ledger.publishing verify $(CONFIG)

provenance: $(INSTALLED)  ## How a file was made, back to the data: FILE=results/…
	@python -m headcount.ledger.provenance $(FILE)
