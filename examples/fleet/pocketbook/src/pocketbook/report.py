"""Totals by month and category, and how they are printed."""

from collections import defaultdict
from decimal import Decimal


def totals_by_month(entries, month=None):
    """`{(month, category): total}`, for all months or only for one given as YYYY-MM."""
    totals = defaultdict(Decimal)
    for entry in entries:
        key = entry.day.strftime("%Y-%m")
        if month is None or key == month:
            totals[key, entry.category] += entry.amount
    return dict(totals)


def format_report(totals, currency="EUR"):
    return "\n".join(
        f"{month}  {category:<12} {amount:>10} {currency}" for (month, category), amount in sorted(totals.items())
    )
