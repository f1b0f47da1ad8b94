# make study: the default study; make tiny: nearly every rule; make test: the fast tests; make bench: the benchmarks. README.md explains.
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export OMP_NUM_THREADS ?= 1

.PHONY: study tiny test bench soak watch clean
study: $(READY)
	snakemake

tiny: $(READY)
	snakemake --configfile studies/tiny.yaml

test: $(READY)
	pytest -q tests

# Side by side with what a user would pick instead, below 20 minutes on 2 quiet cores; the sweep is run by hand (README)
bench: $(READY)
	$(VENV)/bin/python -m pip install --disable-pip-version-check -q --no-deps -r requirements-bench.txt
	python bench/run_all.py

# Many more tables and configurations than the tests try, a job of each rule killed five times; its counts are in
# reference/reliability.json
soak: $(READY)
	CLM_EXAMPLES=1500 CLM_COUNTS=$(CURDIR)/reference/reliability.json pytest -q tests/unit -k hostile
	CLM_EXAMPLES=2000 CLM_COUNTS=$(CURDIR)/reference/reliability.json pytest -q tests/unit -k round_trip
	CLM_REPLICATES=2000 CLM_COUNTS=$(CURDIR)/reference/reliability.json pytest -q tests/unit/statistics -k "covers or percent"
	CLM_KILLS=5 CLM_COUNTS=$(CURDIR)/reference/reliability.json pytest -q tests/workflow/test_crash.py -m slow

# The last lines of the newest logs, anew every two seconds: jobs that begin later are followed too
watch:
	@while sleep 2; do clear; \
		logs=$$(ls -t results/*/logs/*.log results/*/logs/*/*.log results/sources/*/fetch.log 2>/dev/null | head -n 6); \
		[ -n "$$logs" ] || { echo "no logs below results/ yet"; continue; }; \
		printf '%s\n' "$$logs" | while read -r log; do printf '== %s\n' "$$log"; tail -n 3 "$$log"; done; done

clean:
	@echo "This removes results/ (`du -sh results 2>/dev/null | cut -f1`) and .snakemake/; fetched sources are fetched again."
	@printf "Remove them? [y/N] "; read answer; [ "$$answer" = y ] && rm -rf results .snakemake && echo removed || echo kept

# Stamped after a complete installation, so that an interrupted one is repeated
$(READY): requirements.txt requirements-nodeps.txt requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	[ -x $(VENV)/bin/python ] || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	$(VENV)/bin/python -m pip install --disable-pip-version-check -q --no-deps -r requirements-nodeps.txt
	touch $(READY)
