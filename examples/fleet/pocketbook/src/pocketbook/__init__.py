"""A household book kept in a plain text file."""

from .entries import Entry, parse_entries
from .report import totals_by_month

__all__ = ["Entry", "parse_entries", "totals_by_month"]
