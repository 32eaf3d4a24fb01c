import pytest
from tests.config.test_content_policy import watched
pytestmark = pytest.mark.django_db(transaction=True)
def test_x(page):
    c = watched(page)
    page.goto("/api/redoc/"); page.wait_for_timeout(4000)
    for l in c: print("LINE", l)
    print("STYLES", page.evaluate("[...document.querySelectorAll('style')].map(s => s.outerHTML.slice(0,1500))"))
    assert 0
