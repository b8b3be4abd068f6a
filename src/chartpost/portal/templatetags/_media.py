"""Pictures made on the server: icons, QR codes, trend charts."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chartpost.portal.charts import Point, trend_svg
from chartpost.portal.icons import ICONS

from ._register import register
from ._values import language


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of `portal.icons`; hidden from screen readers unless it has a label."""
    shapes = mark_safe(ICONS[name])  # noqa: S308 - our own constant shapes
    if label:
        return format_html('<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, shapes)
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', shapes)


@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    """A QR code as inline SVG (no `data:` address, so it passes the content security policy)."""
    import qrcode

    code = qrcode.QRCode(border=0)
    code.add_data(text)
    code.make(fit=True)
    size = code.modules_count
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(code.modules) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges">'
        '<path d="{}"/></svg>',
        size,
        size,
        label,
        path,
    )


@register.inclusion_tag("components/trend.html")
def trend(
    points: Sequence[Point], title: str, unit: str = "", low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    """A line chart of results over time with its table beside it."""
    svg = trend_svg(points, low=low, high=high, unit=unit, title=title, lang=language())
    return {
        "svg": svg,
        "points": sorted(points, key=lambda point: point.when, reverse=True),
        "title": title,
        "unit": unit,
    }
