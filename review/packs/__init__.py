"""Rule packs: ``rules/`` → ``RulePack``. The only place that knows YAML and pydantic."""

from review.packs.examples import ExampleRow, check_allows, check_examples, reading
from review.packs.loading import digest, load

__all__ = ["ExampleRow", "check_allows", "check_examples", "digest", "load", "reading"]
