"""Settings are read with errors that name the variable and say what is expected."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, local_address


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(Environment, "ENVIRON", {"PORT": "80a", "WORKERS": "0", "LEVEL": "loud"})
    return Environment()


def test_what_is_not_set_has_its_default(environment: Environment) -> None:
    assert environment.whole("THREADS", default=4, least=1, most=9) == 4
    assert environment.choice("COLOUR", default="RED", allowed=("RED", "BLUE")) == "RED"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("PORT", "PORT=80a: expected a number from 1 to 9."),
        ("WORKERS", "WORKERS=0: expected a number from 1 to 9."),
    ],
)
def test_a_number_out_of_bounds_is_refused(
    environment: Environment, name: str, complaint: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.whole(name, default=4, least=1, most=9)
    assert str(caught.value) == complaint


def test_a_word_that_is_not_allowed_is_refused(environment: Environment) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.choice("LEVEL", default="LOW", allowed=("LOW", "HIGH"))
    assert str(caught.value) == "LEVEL=LOUD: expected one of LOW, HIGH."


def test_any_other_value_that_cannot_be_read_names_its_variable(environment: Environment) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^PORT=80a: "):
        environment.int("PORT")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("plans.example.org", "http://plans.example.org:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_address_for_a_browser_on_this_machine(host: str, address: str) -> None:
    assert local_address(host, 8000) == address
