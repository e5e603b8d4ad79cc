"""Both languages say the same things, in the tone of the house."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

I18N = Path(__file__).parents[2] / "i18n"
ZH_UNWANTED = ("您", "抱歉", "操作成功", "！", "!")
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
