# The two commands of the README; everything that they need is installed here.
#   make demo   a sample archive, ingested and served
#   make test   the linter and all tests

PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo
OBSERVATIONS ?= 50
FRAME ?= medium
PORT ?= 5000

ACSQL = $(VENV)/bin/acsql --config $(DEMO)/acsql.yaml
APT = $(if $(filter 0,$(shell id -u)),,sudo) apt-get

.PHONY: demo test system-mongod system-test

demo: $(DEMO)/ingested
	$(ACSQL) serve --port $(PORT)

$(DEMO)/ingested: $(VENV)/installed | system-mongod
	test -d $(DEMO)/archive || \
	    $(VENV)/bin/acsql sample $(DEMO)/archive --observations $(OBSERVATIONS) --frame $(FRAME)
	printf '%s\n' 'filesystem: archive' 'data_dir: data' \
	    'proposals_file: archive/proposals.yaml' > $(DEMO)/acsql.yaml
	$(ACSQL) ingest
	touch $@

test: $(VENV)/installed-test tests/node_modules | system-mongod system-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	PATH="$(CURDIR)/tests/node_modules/.bin:$$PATH" \
	    $(VENV)/bin/pytest --numprocesses 2 --dist loadfile

$(VENV)/installed: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --editable '.[mongod]'
	touch $@

$(VENV)/installed-test: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --editable '.[mongod,distributed,mast,docs,test]'
	touch $@ $(VENV)/installed

# The Mongo shell, for the tests that type into it.
tests/node_modules: tests/package.json
	npm install --prefix tests --no-package-lock --no-audit --no-fund --loglevel error
	touch $@

# The mongod of the Python package registry needs the system's libcurl.
system-mongod:
	@command -v mongod >/dev/null || /sbin/ldconfig -p | grep -q libcurl.so.4 || \
	    { $(APT) update && $(APT) install --yes libcurl4; }

# A browser, for the tests that look at pages, npm for the Mongo shell, and STILTS, which says
# whether a VOTable is valid.
system-test:
	@command -v chromium >/dev/null || { $(APT) update && $(APT) install --yes chromium; }
	@command -v npm >/dev/null || { $(APT) update && $(APT) install --yes npm; }
	@command -v stilts >/dev/null || { $(APT) update && $(APT) install --yes stilts; }
