"""How far it is, on standard error: one line drawn anew on a terminal, nothing into a log."""

import sys
import threading
import time
import unicodedata

from chartpost.formats.sealedbox import is_safe_name

_EVERY = 0.2
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Progress:
    """Counts bytes from several threads; `total` in bytes."""

    def __init__(self, what: str, total: int, *, quiet: bool = False) -> None:
        self._what, self._total, self._done, self._from = what, total, 0, time.monotonic()
        self._shown, self._fresh, self._lock = 0.0, 0, threading.Lock()
        self._draw = not quiet and sys.stderr.isatty()

    def add(self, count: int, *, fresh: bool = True) -> None:
        """Count bytes that are done; not `fresh` ones were done before and say nothing of the speed."""
        with self._lock:
            self._done += count
            self._fresh += count if fresh else 0
            now = time.monotonic()
            if self._draw and now - self._shown > _EVERY:
                self._shown = now
                sys.stderr.write(f"\r{self._line(now)}\033[K")
                sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._draw:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def _line(self, now: float) -> str:
        rate = self._fresh / max(now - self._from, 0.001)
        share = 100 * self._done // max(self._total, 1)
        left = f", {_clock((self._total - self._done) / rate)} left" if rate > 1 and self._done < self._total else ""
        return f"{self._what} {share} %: {size(self._done)} of {size(self._total)}, {size(int(rate))}/s{left}"


def tell(text: str, *, quiet: bool = False) -> None:
    """A line on standard error."""
    if not quiet:
        sys.stderr.write(f"{text}\n")


def plain(text: str) -> str:
    """Text of a stranger, safe to show on a terminal: without escapes and marks that turn the direction of writing."""
    return "".join(
        letter if letter == "\n" or (is_safe_name(f"a{letter}") or letter in "\\/") else "?"
        for letter in unicodedata.normalize("NFC", text)
    )


def size(count: float) -> str:
    """Bytes in the unit that reads best."""
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.1f} {_UNITS[unit]}" if unit else f"{int(count)} B"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min" if minutes >= 3 else f"{60 * minutes + rest} s"
