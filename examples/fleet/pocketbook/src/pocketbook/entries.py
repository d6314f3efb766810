"""Entries of a book: a date, an amount, a category and a note."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Entry:
    day: date
    amount: Decimal
    category: str
    note: str = ""


def parse_entries(lines, entries=[]):
    """Read lines such as `2025-03-01 12.50 food lunch with Ana`; blank lines and `#` comments are skipped."""
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        day, amount, category, *note = line.split(maxsplit=3)
        entries.append(Entry(date.fromisoformat(day), Decimal(amount), category, " ".join(note)))
    return entries
