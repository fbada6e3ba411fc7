# make lab · make test — each sets up everything it needs. The other targets are one line each.
#   TORCH_INDEX=…              take PyTorch from there, e.g. the CPU-only wheels of pytorch.org (0.2 GB instead of 5)
#   LAB_ARGS="--port 8899"     passed on to JupyterLab; STUDIO_ARGS to the studio (Voilà)
PYTHON ?= python3
VENV ?= .venv
LAB_ARGS ?=
STUDIO_ARGS ?=
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
UV := $(shell command -v uv 2>/dev/null)
EXTRA := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: lab studio test notebooks editions styles site colab bench screenshots

lab: $(VENV)/.ready
	$(BIN)/python tools/lab.py $(LAB_ARGS)

studio: $(VENV)/.ready
	JUPYTER_PATH=tools/studio $(BIN)/voila tools/studio/studio.ipynb --template=studio $(STUDIO_ARGS)

test: $(VENV)/.ready $(if $(CHROMIUM),$(VENV)/.browser)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --durations=10 -n 2 --dist loadfile --ignore=tests/browser
	$(BIN)/python -m pytest -q tests/browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider -n 2 --dist loadfile notebooks

notebooks: $(VENV)/.ready
	$(BIN)/python tools/build_notebooks.py

editions: $(VENV)/.ready
	$(BIN)/python tools/build_notebooks.py --edition student --edition instructor

styles: $(VENV)/.ready
	$(BIN)/python tools/paint_styles.py

site: $(VENV)/.docs
	$(BIN)/python tools/publish.py site

colab: $(VENV)/.ready
	$(BIN)/python tools/publish.py colab

bench: $(VENV)/.ready
	$(BIN)/python tools/bench.py

screenshots: $(VENV)/.ready $(VENV)/.browser
	$(BIN)/python -m pytest -q tests/browser --screenshots

ifneq ($(UV),)
NEW_VENV = "$(UV)" venv --quiet --python $(PYTHON) $(VENV)
INSTALL = "$(UV)" pip install --python $(BIN)/python $(if $(EXTRA),$(EXTRA) --index-strategy unsafe-best-match) -c constraints.txt
else
NEW_VENV = $(PYTHON) -m venv $(VENV)
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check $(EXTRA) -c constraints.txt
endif

# Made when missing and after every change of what it is made from; otherwise it costs nothing.
$(VENV)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(NEW_VENV)
	$(INSTALL) -e '.[lab,studio,test]'
	touch $@

$(VENV)/.docs: $(VENV)/.ready
	$(INSTALL) -e '.[docs]'
	touch $@

# Playwright (160 MB on the disk), only where there is a browser for it to drive.
$(VENV)/.browser: $(VENV)/.ready
	$(INSTALL) -e '.[browser]'
	touch $@
