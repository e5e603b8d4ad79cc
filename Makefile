# 嵊里管·巡查. `make run` starts the app, `make test` proves it. Needs Python 3.11 or later, make, python3-venv.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Tests of one file run in order in one process, files beside each other: more than cores, as much of it is waiting. The
# second pass is mostly one file, so its tests are shared out; what hostile photos do is no matter of the database.
AT_ONCE ?= -n 3 --dist loadfile --no-loadscope-reorder
export SLG_TEST_DATA ?= $(abspath ../shared/data)

.PHONY: run test check bench drills frontend release screenshots machine-for-tests format clean

run: frontend
	$(PY) manage.py run

# The bundles: Node comes as a wheel, npm packages from the lock file; a few seconds, nothing when up to date.
frontend: $(VENV)/.installed
	$(PY) frontend/build.py

test: frontend $(VENV)/.installed-dev machine-for-tests
	$(PY) frontend/build.py --test
	$(PY) -m pytest $(AT_ONCE)
	SLG_TEST_ENGINE=postgis $(PY) -m pytest -n 3 --dist worksteal tests/web/test_matrix.py tests/web/test_scopes.py \
	  tests/intake --ignore=tests/intake/test_photo_files.py
	$(PY) -m ruff check .

# Under a minute: format, lint, types, import floors, fast tests.
check: frontend $(VENV)/.installed-dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy app.py wiring.py manage.py domain geo services storage web jobs media documents ui i18n
	SLG_EXAMPLES=search $(PY) -m pytest -m "not slow and not browser" -x

bench: frontend $(VENV)/.installed-dev
	$(PY) tests/benchmarks/run.py

# Half an hour of bad luck: kills, cuts, full disks, power cuts. Writes its figures into docs/operations.md.
drills: frontend $(VENV)/.installed-dev
	$(PY) tests/drills/run.py

# One archive for a machine without a network.
release: frontend
	$(PY) deploy/release.py release

screenshots: frontend $(VENV)/.installed-dev
	$(PY) tests/browser/screenshots.py docs/screenshots

format: $(VENV)/.installed-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

$(VENV)/.installed: requirements.txt requirements-build.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-build.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Three browsers and PostGIS by apt when we may; otherwise their tests skip aloud and the closing line counts them.
machine-for-tests:
	@needs=""; command -v chromium >/dev/null 2>&1 || needs="chromium fonts-noto-cjk"; \
	ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || needs="$$needs postgresql-15-postgis-3"; \
	command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 || needs="$$needs firefox-esr"; \
	for need in WebKitWebDriver:webkit2gtk-driver Xvfb:xvfb; do \
	  command -v $${need%:*} >/dev/null 2>&1 || needs="$$needs $${need#*:}"; done; \
	ls /usr/lib/python3/dist-packages/gi/__init__.py >/dev/null 2>&1 || needs="$$needs python3-gi"; \
	ls /usr/lib/*/girepository-1.0/WebKit2-4.1.typelib >/dev/null 2>&1 || needs="$$needs gir1.2-webkit2-4.1"; \
	if [ -n "$$needs" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -qq && for need in $$needs; do DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$need >/dev/null \
	      || echo "no $$need: its tests will skip"; done; \
	  else echo "tests will skip: apt install $$needs"; fi; fi

clean:
	rm -rf $(VENV) web/dist frontend/node_modules .pytest_cache .mypy_cache .ruff_cache
