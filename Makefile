# make lab · make test — each sets up everything it needs. The other targets are one line each.
#   TORCH_INDEX=…              take PyTorch from there, e.g. the CPU-only wheels of pytorch.org (0.2 GB instead of 5)
#   LAB_ARGS="--port 8899"     passed on to JupyterLab
PYTHON ?= python3
VENV ?= .venv
LAB_ARGS ?=
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
UV := $(shell command -v uv 2>/dev/null)
EXTRA := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: lab test notebooks student styles bench

lab: $(VENV)/.ready
	$(BIN)/jupyter lab --allow-root notebooks/00_start_here.ipynb $(LAB_ARGS)

test: $(VENV)/.ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q
	$(BIN)/python -m pytest -q --nbval-lax --nbval-current-env --nbval-cell-timeout=120 -p no:cacheprovider notebooks

notebooks: $(VENV)/.ready
	$(BIN)/python tools/build_notebooks.py

student: $(VENV)/.ready
	$(BIN)/python tools/build_notebooks.py --edition student --edition instructor

styles: $(VENV)/.ready
	$(BIN)/python tools/paint_styles.py

bench: $(VENV)/.ready
	$(BIN)/python tools/bench.py

# Made when missing and after every change of what it is made from; otherwise it costs nothing.
$(VENV)/.ready: pyproject.toml constraints.txt
ifneq ($(UV),)
	test -x $(BIN)/python || "$(UV)" venv --quiet --python $(PYTHON) $(VENV)
	"$(UV)" pip install --python $(BIN)/python $(if $(EXTRA),$(EXTRA) --index-strategy unsafe-best-match) -c constraints.txt -e '.[lab,test]'
else
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check $(EXTRA) -c constraints.txt -e '.[lab,test]'
endif
	touch $@
