# make app    set everything up and open the product on http://127.0.0.1:8501
# make test   set everything up, system programs included, and run every test
# make check  formatting, types and import contracts   ·   make bench   measurements

PORT ?= 8501
SCANNED ?= 2000 500
BIN := .venv/bin

.PHONY: app test check bench clean

app:
	@scripts/bootstrap app
	@$(BIN)/review app --port $(PORT)

test: check
	@$(BIN)/pytest -n 2 --dist loadfile

check:
	@scripts/bootstrap test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/review rules check
	@$(BIN)/review eval data/samples/source data/corpus --every 10 --baseline data/baseline.json

bench:
	@scripts/bootstrap test
	@$(BIN)/pytest tests/bench -m bench
	@$(BIN)/python -m tests.bench.speed
	@$(BIN)/python -m tests.bench.scans $(SCANNED)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
