"""Command line: read a book and print the totals of each month."""

import argparse
import os
import sys

from .entries import parse_entries
from .report import format_report, totals_by_month


def main() -> int:
    parser = argparse.ArgumentParser(prog="pocketbook")
    parser.add_argument("book", nargs="?", default=os.environ.get("POCKETBOOK_FILE"), help="file with one expense per line")
    parser.add_argument("--month", help="only this month, as YYYY-MM")
    parser.add_argument("--currency", default="EUR", help="currency shown after each amount")
    options = parser.parse_args()
    if options.book is None:
        parser.error("no book given and POCKETBOOK_FILE is not set")
    with open(options.book, encoding="utf-8") as book:
        entries = parse_entries(book)
    totals = totals_by_month(entries, month=options.month)
    print(format_report(totals, options.currency))
    return 0


if __name__ == "__main__":
    sys.exit(main())
