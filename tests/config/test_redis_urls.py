import pytest

from config.redis_urls import broker_url, cache_url


@pytest.mark.parametrize(
    ("redis_url", "cache", "broker"),
    [
        ("redis://h:6379", "redis://h:6379/1", "redis://h:6379"),
        ("redis://h:6379/0", "redis://h:6379/1", "redis://h:6379/0"),
        ("rediss://u:p%40@h/4?x=y", "rediss://u:p%40@h/1?x=y", "rediss://u:p%40@h/4?x=y"),
        (
            "unix:///run/r.sock",
            "unix:///run/r.sock?db=1",
            "redis+socket:///run/r.sock?virtual_host=0",
        ),
        (
            "unix:///run/r.sock?db=4",
            "unix:///run/r.sock?db=1",
            "redis+socket:///run/r.sock?virtual_host=4",
        ),
    ],
)
def test_one_address_for_each_client(redis_url: str, cache: str, broker: str) -> None:
    assert (cache_url(redis_url), broker_url(redis_url)) == (cache, broker)


def test_the_cache_may_be_put_in_another_database() -> None:
    assert cache_url("redis://h/0", 7) == "redis://h/7"
