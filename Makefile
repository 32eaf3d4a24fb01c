# Everything a person does here, in one place: `make` lists it.

PYTHON ?= python3
BIN := .venv/bin
# Plain `make check` shows what each step says; a step that fails does not hide the next.
CHECKS := check-code check-format check-templates check-types check-layers check-migrations check-deploy check-security check-image

# A key for the checks that only look at settings, made when asked and never kept.
THROWAWAY_KEY = $$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo staff shell backup restore test check $(CHECKS) audit lint format lock messages schema screenshots bench smoke install install-dev check-python clean

help: ## list these commands
	@echo 'make run [PORT=8001] [HOST=0.0.0.0] [DATA_DIR=folder]   the other settings: docs/settings.md'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: install ## install what is missing, then run the whole site until Ctrl-C
	@exec $(BIN)/python -m config.launch

demo: install ## the same with the fictitious demonstration plans
	@exec $(BIN)/python -m config.launch --demo

staff: install ## give the staff login a new password (or EMAIL=... one of its own)
	@$(BIN)/python manage.py create_staff_login $(EMAIL)

shell: install ## a Python shell on the data
	@$(BIN)/python manage.py shell

backup: install ## save database and evidence to one file (FILE=… to choose it)
	@$(BIN)/python manage.py backup $(FILE)

restore: install ## bring a backup back: FILE=…, the site stopped (REPLACE=yes over what is there)
	@test -n '$(FILE)' || { echo 'Which backup? make restore FILE=…' >&2; exit 1; }
	@$(BIN)/python manage.py restore $(FILE) $(if $(REPLACE),--replace)

test: install-dev ## run all the tests, on a real PostgreSQL and Redis, in a real browser
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

check: install-dev ## lint, format, templates, types, layers, migrations, settings, security, image
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)
	@echo '== known vulnerabilities'; code=0; $(BIN)/python tools/audit.py || code=$$?; \
	  case $$code in \
	    0) echo 'All checks passed.' ;; \
	    2) echo 'All checks passed BUT ONE: known vulnerabilities were not looked up (make audit where a service answers).' ;; \
	    *) exit $$code ;; \
	  esac

audit: install-dev ## look the locked packages up among the known vulnerabilities, or fail
	@AUDIT=required $(BIN)/python tools/audit.py

check-code: install-dev
	@echo '== ruff'; $(BIN)/ruff check .
check-format: install-dev
	@echo '== ruff format'; $(BIN)/ruff format --check .
check-templates: install-dev
	@echo '== templates'; $(BIN)/djlint --quiet --lint --check templates
check-types: install-dev
	@echo '== mypy'; $(BIN)/mypy .
check-layers: install-dev
	@echo '== layers'; $(BIN)/lint-imports --no-cache
check-migrations: install-dev
	@echo '== migrations'; DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(BIN)/python -m tools.migration_rules
check-deploy: install-dev
	@echo '== production settings'; DJANGO_SETTINGS_MODULE=config.settings.production SECRET_KEY=$(THROWAWAY_KEY) \
	  DATABASE_URL=postgres://nobody@localhost/none REDIS_URL=redis://localhost/0 \
	  ALLOWED_HOSTS=plans.example.org BASE_URL=https://plans.example.org DEBUG= LOG_LEVEL= \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

check-security: install-dev
	@echo '== bandit'; $(BIN)/python tools/static_security.py

check-image: install-dev
	@echo '== image'; $(BIN)/hadolint Dockerfile
	@$(BIN)/shellcheck docker/*.sh .ci/run
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml docker/*.compose.yml

lint: check-code check-templates ## the quick part of check

format: install-dev ## rewrite code and templates in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint --quiet --reformat templates || true

lock: install-dev ## compile requirements/*.txt anew from pyproject.toml (UPGRADE=1 for the newest)
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

messages: install-dev ## collect the texts to translate, and compile the translations
	@$(BIN)/python -m tools.messages
	@$(BIN)/python -m config.messages

schema: install-dev ## write docs/openapi.yaml anew, after a change of the API that is meant
	@DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -W ignore::RuntimeWarning manage.py spectacular --validate --file docs/openapi.yaml

screenshots: install-dev ## make the pictures of docs/images from the site itself
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m tools.screenshots

bench: install-dev ## measure the goals of speed (about a quarter of an hour), write docs/benchmarks.md
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m tools.bench $(ARGS)

smoke: install-dev ## run what docker-compose.yml runs on Debian's PostgreSQL and Redis, and look at it
	@$(BIN)/python -m tools.smoke

install: check-python ## make .venv from the lock files (run and test do it by themselves)
	@$(PYTHON) tools/install.py base

install-dev: check-python
	@$(PYTHON) tools/install.py dev

check-python:
	@command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed and $(PYTHON) is not here: name one with PYTHON=...' >&2; exit 1; }

clean: ## remove caches; the environment and the data stay
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
