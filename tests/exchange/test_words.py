"""Every code that a preview can show has its sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from i18n import words

HOME = Path(__file__).resolve().parents[2]
ROOMS = ("services/exchange.py", "services/layer_rows.py", "services/layer_preview.py", "services/layer_keeping.py",
         "storage/layers.py", "storage/layer_reader.py", "storage/layer_texts.py", "storage/layer_gis.py",
         "storage/layer_writer.py", "domain/layers.py")  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_raised_or_told_has_words(lang):
    source = "".join((HOME / room).read_text("utf-8") for room in ROOMS)
    raised = set(re.findall(r'(?:Invalid|Conflict|TooLarge|Problem)\(\s*"([a-z_0-9]+)"', source))
    assert len(raised) > 40
    assert {code for code in raised if not words(lang).has(f"refused.{code}")} == set()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_repair_and_encoding_reason_has_words(lang):
    keys = ["make_valid", "close_ring", "keep_polygons", "code_from_name", "name_from_code",
            *(f"by_{reason}" for reason in ("cpg", "ldid", "plain", "guess", "bom", "strict", "format"))]  # fmt: skip
    assert [key for key in keys if not words(lang).has(f"layers.{key}")] == []
