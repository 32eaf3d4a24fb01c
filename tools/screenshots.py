"""Make the pictures of docs/images: run the site as anybody would, look at it, stop it.

`make screenshots`. The site has a data folder of its own, gone afterwards.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import ADVICE, find_chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
PATIENCE = 180  # seconds for a first start
LARGEST = 300_000  # bytes

WIDE = (1280, 860)
TALL = (1280, 1500)
NARROW = (390, 844)
PICTURES = {
    "plan": ("/plans/enact-2024/", TALL),
    "indicator": ("/plans/enact-2024/indicateurs/chaires-lancees/", TALL),
    "home": ("/", WIDE),
    "home-narrow": ("/", NARROW),
}


def main() -> int:
    program = find_chromium()
    if program is None:
        sys.stderr.write(f"{ADVICE}\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with running_site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (path, (width, height)) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="light",
                locale="fr-FR",
                timezone_id="Europe/Paris",
            )
            response = page.goto(address + path, wait_until="networkidle")
            if response is None or not response.ok:
                raise SystemExit(f"{path} answers {response.status if response else 'nothing'}.")
            size = len(page.screenshot(path=IMAGES / f"{name}.png"))
            if size > LARGEST:
                raise SystemExit(f"{name}.png has {size} bytes: {LARGEST} at most.")
            sys.stdout.write(f"docs/images/{name}.png  {size // 1000} kB\n")
            page.close()
        browser.close()
    return 0


@contextmanager
def running_site() -> Iterator[str]:
    """The site with its real plans, from an empty data folder, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="plans-ia-", ignore_cleanup_errors=True) as folder:
        # As root the embedded servers run under another account, which must get to the folder.
        Path(folder).chmod(0o711)
        settings = {"DATA_DIR": f"{folder}/data", "PORT": str(port), "HOST": "127.0.0.1"}
        site = subprocess.Popen(
            [sys.executable, "-m", "config.launch"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert site.stdout is not None
            signal.alarm(PATIENCE)
            if not any("The site is ready" in line for line in site.stdout):
                raise SystemExit("The site did not start: see above.")
            signal.alarm(0)
            yield f"http://127.0.0.1:{port}"
        finally:
            site.terminate()
            site.communicate(timeout=60)


if __name__ == "__main__":
    sys.exit(main())
