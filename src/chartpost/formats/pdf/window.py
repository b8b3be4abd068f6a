"""Where an address must stand on a letter sheet to be seen in the window of a #10 envelope, in millimetres.

A #10 envelope is 9.5 x 4.125 in. Its window is 4.5 x 1.125 in, 0.875 in from the left and 0.5 in from the bottom; an
envelope with two windows has one of 3.5 x 0.875 in for the sender too, 0.375 in from the left, 2.5 in from the bottom.
The sheet is folded at the marks, FOLD from its top, and lies anywhere inside: what is seen moves with it.
"""

from typing import Final, NamedTuple

SHEET: Final = (215.9, 279.4)
ENVELOPE: Final = (241.3, 104.8)
FOLD: Final = 100.0
"""From the top of the sheet to the first fold, and from there to the second; thirds would leave it loose."""
CLEAR: Final = (3.175, 1.016)
"""What stays free between the address and the window's edges, beside it and above and below: 1/8 and 1/25 in."""


class Box(NamedTuple):
    """A rectangle on the sheet: from its left edge and from its top."""

    left: float
    top: float
    right: float
    bottom: float


class Window(NamedTuple):
    """A window of the envelope: from its left edge, from its bottom, width and height."""

    left: float
    bottom: float
    width: float
    height: float


ADDRESS: Final = Window(22.225, 12.7, 114.3, 28.575)
SENDER: Final = Window(9.525, 63.5, 88.9, 22.225)


def always(window: Window) -> Box:
    """What of the sheet is seen wherever it lies: what must be read stands inside."""
    low, high = _at(window, 0, 0), _at(window, *_play())
    return Box(low.left, high.top, high.right, low.bottom)


def ever(window: Window) -> Box:
    """What of the sheet can be seen: nothing else may stand inside."""
    low, high = _at(window, 0, 0), _at(window, *_play())
    return Box(high.left, low.top, low.right, high.bottom)


def _play() -> tuple[float, float]:
    """How far the folded sheet moves to the right and up."""
    return ENVELOPE[0] - SHEET[0], ENVELOPE[1] - FOLD


def _at(window: Window, right: float, up: float) -> Box:
    """What the window shows of a sheet that lies so far from the left and the bottom of the envelope."""
    left = window.left - right
    bottom = FOLD - (window.bottom - up)
    return Box(left, bottom - window.height, left + window.width, bottom)
