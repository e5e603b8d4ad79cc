"""Both languages say the same things, in the tone of the house."""

from __future__ import annotations

import ast
import string
import tomllib
from pathlib import Path

import pytest

from geo.validity import CODES as GEOMETRY_CODES

I18N = Path(__file__).parents[2] / "i18n"
ZH_UNWANTED = ("您", "抱歉", "操作成功", "！", "!")
FAMILY = {
    "Refused", "Invalid", "NotAllowed", "NotFound", "Conflict", "TooLarge", "TooMany", "Busy", "NotSignedIn", "BadPhoto",
}  # fmt: skip
EN_UNWANTED = ("sorry", "!", "oops", "successfully")


def sentences(lang: str) -> dict[str, str]:
    sections = tomllib.loads((I18N / f"{lang}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, keys in sections.items() for key, text in keys.items()}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_sections():
    found = [list(tomllib.loads((I18N / f"{lang}.toml").read_text(encoding="utf-8"))) for lang in ("zh", "en")]
    assert sorted(found[0]) == sorted(found[1])


def test_both_languages_have_the_same_keys():
    assert sorted(sentences("zh")) == sorted(sentences("en"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sentence_says_something(lang):
    # A measure word after a number (户, 幢) may be silent in English; everything else speaks.
    spoken = {key: text for key, text in sentences(lang).items() if not (lang == "en" and key.endswith("_unit"))}
    silent = [key for key, text in spoken.items() if not isinstance(text, str) or not text.strip()]
    assert silent == []


def test_a_sentence_has_the_same_blanks_to_fill_in_both_languages():
    zh, en = sentences("zh"), sentences("en")
    assert [key for key in zh if key in en and placeholders(zh[key]) != placeholders(en[key])] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_blanks_have_names(lang):
    bare = [
        key for key, text in sentences(lang).items() if any(name.isdigit() or not name for name in placeholders(text))
    ]
    assert bare == []


@pytest.mark.parametrize(("lang", "unwanted"), [("zh", ZH_UNWANTED), ("en", EN_UNWANTED)])
def test_no_word_that_the_house_does_not_use(lang, unwanted):
    found = [(key, word) for key, text in sentences(lang).items() for word in unwanted if word in text.lower()]
    assert found == []


def test_english_holds_no_chinese_except_names_in_quotes_or_the_language_switch():
    def han(text: str) -> bool:
        return any("一" <= sign <= "鿿" for sign in text)

    named = ("嵊里管", "中文", "示意数据", "疑似", "浙")  # 浙: plates in examples
    left = {}
    for key, text in sentences("en").items():
        for name in named:
            text = text.replace(name, "")
        if han(text):
            left[key] = text
    assert left == {}


def refusal_codes() -> dict[str, str]:
    """Codes written out in the source, each with the first file that raises it."""
    found: dict[str, str] = {}
    for room in ("domain", "services", "storage", "media", "web", "jobs"):
        for path in sorted((I18N.parent / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for code in _codes(node):
                    found.setdefault(code, str(path.relative_to(I18N.parent)))
    return found


def _codes(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILY:
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id in FAMILY for base in node.bases):
        return [
            sign.value
            for line in node.body
            if isinstance(line, ast.Assign) and "code" in ast.unparse(line.targets[0])
            for sign in ast.walk(line.value)
            if isinstance(sign, ast.Constant) and isinstance(sign.value, str)
        ]
    return []


def test_every_refusal_that_is_raised_has_its_sentence():
    worded = {key.removeprefix("refused.") for key in sentences("zh")}
    # BadEntry builds its codes from its reasons; test_bad_entries.py walks those.
    silent = {code: where for code, where in refusal_codes().items() if code not in worded}
    assert silent == {}


def test_every_fault_of_a_polygon_has_its_sentence():
    zh = sentences("zh")
    assert [code for code in sorted(GEOMETRY_CODES) if f"refused.geometry_{code}" not in zh] == []


def test_the_search_for_refusals_finds_those_we_know():
    assert {"bad_plate", "shot_missing", "not_allowed", "not_a_photo"} <= set(refusal_codes())
