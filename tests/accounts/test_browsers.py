"""Browsers are named as people know them."""

import pytest

from accounts.browsers import words_for

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox sur Windows",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36",
            "Chrome sur Linux",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge sur Windows",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Safari/605.1.15",
            "Safari sur Mac",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU OS 18_0 like Mac OS X) {WEBKIT} Safari/604.1",
            "Safari sur iPhone",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/140.0 Mobile Safari/537.36",
            "Chrome sur Android",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "navigateur inconnu"),
    ],
)
def test_a_browser_in_words(user_agent: str, words: str) -> None:
    assert words_for(user_agent) == words
