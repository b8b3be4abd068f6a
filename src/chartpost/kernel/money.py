"""Money in whole United States cents."""

Cents = int


def dollars(cents: Cents) -> str:
    """Cents as people read them: 650 -> '$6.50', -5 -> '-$0.05'."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"
