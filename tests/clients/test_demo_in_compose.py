"""The demo beside the store of the Compose file, which is another origin than its page."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.chromium import Browser
from tests.clients.demo import Demo, picture
from tests.packaging.seaweedfs import PART_BYTES, Store, seaweedfs, service_on
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with seaweedfs() as store:
        yield store


@pytest.fixture
def demo(browser: Browser, store: Store) -> Iterator[Demo]:
    with service_on(store) as service:
        demo = Demo(browser, service, [])
        browser.messages()
        yield demo
        demo.close()


def test_files_go_to_the_store_and_come_back(demo: Demo, store: Store, tmp_path: Path) -> None:
    demo.sign_in("compose")
    demo.show("Files")
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(PART_BYTES + 1))

    demo.browser.choose("#bring", [picture(tmp_path)])
    demo.comes_to(".asset-name > :first-child", ["pixel.png"])
    demo.browser.choose("#bring", [large])
    demo.comes_to(".asset-name > :first-child", ["pixel.png", "large.bin"])

    drawn = "document.querySelector('.asset img')?.naturalWidth === 1"
    assert eventually(lambda: demo.browser.evaluate(drawn) is True)
    demo.browser.click("[aria-label='Download large.bin']")
    (saved,) = demo.browser.downloads(1)
    assert saved.path.read_bytes() == large.read_bytes()
    # All that by the browser itself, there, and nothing was refused.
    (reached,) = parse_qs(urlsplit(store.storage).query)["public_endpoint"]
    asked = "performance.getEntriesByType('resource').map((each) => new URL(each.name).origin)"
    assert set(demo.browser.evaluate(asked)) == {demo.service.url, reached}
    assert demo.browser.messages() == []
