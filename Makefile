# Everything that a command needs is installed into $(VENV) before it runs.
#   make demo       a sample archive, ingested and served
#   make test       what make lint does and all tests: what continuous integration runs
#   make check      what make lint does and the quick tests, in less than a minute
#   make lint       the linter, the formatter, the type checker and the docstrings
#   make coverage   the tests, and which lines and branches of acsql they run
#   make docs       the documentation site, in build/docs
#   make man        the manual page acsql.1, in build/man

PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo
OBSERVATIONS ?= 100
FRAME ?= medium
PORT ?= 5000

# Two at a time: packages of the system are installed while those of Python are and while the linter
# runs.
MAKEFLAGS += --jobs=2

BIN = $(VENV)/bin
ACSQL = $(BIN)/acsql --config $(DEMO)/acsql.yaml
APT = $(if $(filter 0,$(shell id -u)),,sudo) apt-get
# The files of tests are in memory where that has 6 GB: a private server starts and stops in 0.9 s
# there, and in 3 s on a disk.
MEMORY = $(shell findmnt --first-only --noheadings --bytes --output AVAIL,OPTIONS /dev/shm | \
    awk '$$1 > 6e9 && !/noexec/ {print "/dev/shm"}')
# Half as many again as cores: tests wait for servers, browsers and killed processes for half of the
# time.  They come in the order of tests/conftest.py, which has the longest files first.
PROCESSES ?= 3
# mongosh, for the tests that run what the documentation shows.  Bytecode is written whatever the
# environment says: each of the many commands that tests run starts 0.25 s sooner.  The first process
# that crashes ends the run: with another in its place, --dist loadfile of pytest-xdist 3.8 waits for
# ever (https://github.com/pytest-dev/pytest-xdist/issues/1378).
PYTEST = MAKEFLAGS= PYTHONDONTWRITEBYTECODE= PYTEST_DEBUG_TEMPROOT="$(MEMORY)" \
    PATH="$(CURDIR)/tests/node_modules/.bin:$$PATH" \
    $(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder \
    --max-worker-restart 0
# The tests of what needs no database, no files of an archive and no browser.
QUICK = tests/export tests/images tests/keywords tests/query tests/test_config.py \
    tests/test_imports.py tests/test_names.py tests/test_settings.py tests/test_structure.py
SPHINX = $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees

.PHONY: demo test check lint coverage docs man system-mongod system-test

demo: $(DEMO)/ingested
	$(ACSQL) serve --port $(PORT)

$(DEMO)/ingested: $(VENV)/installed | system-mongod
	test -d $(DEMO)/archive || \
	    $(BIN)/acsql sample $(DEMO)/archive --observations $(OBSERVATIONS) --frame $(FRAME)
	printf '%s\n' 'filesystem: archive' 'data_dir: data' \
	    'proposals_file: archive/proposals.yaml' > $(DEMO)/acsql.yaml
	$(ACSQL) ingest
	$(ACSQL) annotations import $(DEMO)/archive/annotations.csv
	touch $@

test: lint tests/node_modules | system-mongod system-test
	$(PYTEST)

check: lint
	$(PYTEST) --quiet $(QUICK)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/numpydoc lint $$(find acsql -name '*.py')

coverage: $(VENV)/installed-test tests/node_modules | system-mongod system-test
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html:build/coverage

docs: $(VENV)/installed-test
	$(SPHINX) -b html docs build/docs
	@echo "The documentation is in build/docs/index.html"

man: $(VENV)/installed-test
	$(SPHINX) -b man docs build/man
	@echo "Read it with: man build/man/acsql.1"

$(VENV)/installed: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[site,mongod]'
	touch $@

$(VENV)/installed-test: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[site,mongod,distributed,mast,docs,test]'
	touch $@ $(VENV)/installed

# The Mongo shell, for the tests that type into it.
tests/node_modules: tests/package.json | system-test
	npm install --prefix tests --no-package-lock --no-audit --no-fund --loglevel error
	touch $@

# The mongod of the Python package registry needs the system's libcurl.
system-mongod:
	@command -v mongod >/dev/null || /sbin/ldconfig -p | grep -q libcurl.so.4 || \
	    { $(APT) update && $(APT) install --yes libcurl4; }

# A browser, for the tests that look at pages; npm, for the Mongo shell; STILTS, which validates
# VOTables; nginx and systemd, which validate the files of deploy/.  After system-mongod, because
# apt-get runs once at a time.
system-test: | system-mongod
	@PATH="$$PATH:/usr/sbin"; lacking=; \
	command -v chromium-headless-shell >/dev/null || lacking=chromium-headless-shell; \
	command -v npm >/dev/null || lacking="$$lacking npm"; \
	command -v stilts >/dev/null || lacking="$$lacking stilts"; \
	command -v nginx >/dev/null || lacking="$$lacking nginx-light"; \
	command -v systemd-analyze >/dev/null || lacking="$$lacking systemd"; \
	test -z "$$lacking" || { $(APT) update && $(APT) install --yes $$lacking; }
