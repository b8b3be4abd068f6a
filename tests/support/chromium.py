"""Debian's Chromium, headless, without parts of its own window that no test looks at."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PATH = "/usr/bin/chromium"
_SUGGESTIONS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""What the address bar suggests is drawn by pages of hundreds of files, which each new window loads at once: most of
what a window without an address bar costs."""
_BY_PLAYWRIGHT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
"""What Playwright switches off. Of two lists Chromium takes the last, so ours names these too."""


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium with these arguments, until the end of the block."""
    without = f"--disable-features={','.join((*_BY_PLAYWRIGHT, *_SUGGESTIONS))}"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=PATH, args=["--no-sandbox", without, *arguments])
        try:
            yield found
        finally:
            found.close()
