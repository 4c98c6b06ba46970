"""Peers on the same text, run by the Python of an environment of theirs: PYTHON tests/bench/speed/peers.py TEXT

    python -m venv peers && peers/bin/pip install argus-redact helan jionlp presidio-analyzer

Prints one JSON object: peer → characters a second of CPU time, or why it did not run.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path


def argus() -> Callable[[str], object]:
    """argus-redact in its fast mode (the others download models)."""
    from argus_redact import redact

    return lambda text: redact(text, lang="zh", mode="fast")


def helan() -> Callable[[str], object]:
    """helan as it comes (its word segmenter is an option)."""
    from helan import recognize

    return lambda text: recognize(text)


def jionlp() -> Callable[[str], object]:
    """The six extractors of jionlp that find identifiers."""
    import jionlp

    extract = (
        jionlp.extract_id_card,
        jionlp.extract_phone_number,
        jionlp.extract_email,
        jionlp.extract_wechat_id,
        jionlp.extract_qq,
        jionlp.extract_motor_vehicle_licence_plate,
    )
    return lambda text: [one(text) for one in extract]


def presidio() -> Callable[[str], object]:
    """presidio-analyzer with a blank Chinese pipeline, its generic recognisers and those for CN phones and cards."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, PhoneRecognizer

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "zh", "model_name": "blank"}])
            self.nlp = {"zh": spacy.blank("zh")}

    registry = RecognizerRegistry(supported_languages=["zh"])
    for recognizer in (PhoneRecognizer, CreditCardRecognizer):
        options = {"supported_regions": ["CN"]} if recognizer is PhoneRecognizer else {}
        registry.add_recognizer(recognizer(supported_language="zh", **options))
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["zh"])
    return lambda text: engine.analyze(text=text, language="zh")


PEERS = {"argus-redact": argus, "helan": helan, "jionlp": jionlp, "presidio-analyzer": presidio}
_PIECE = 3_000  # characters a call: some peers grow worse than linearly


def main() -> None:
    """Measure each peer that imports."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")[: int(sys.argv[2])]
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    found: dict[str, object] = {}
    for name, load in PEERS.items():
        try:
            run = load()
            run(pieces[0])
        except (ImportError, OSError, ValueError, AttributeError, TypeError) as error:
            found[name] = f"{type(error).__name__}: {error}"[:120]
            continue
        begun = time.process_time()
        for piece in pieces:
            run(piece)
        found[name] = {"version": metadata.version(name), "rate": len(text) / (time.process_time() - begun)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
