from decimal import Decimal

from pocketbook import parse_entries, totals_by_month

BOOK = """
# March
2025-03-01 12.50 food lunch with Ana
2025-03-02 40 transport
2025-04-01 3.10 food
"""


def test_adds_up_by_month_and_category():
    totals = totals_by_month(parse_entries(BOOK.splitlines(), []))
    assert totals["2025-03", "food"] == Decimal("12.50")
    assert totals["2025-04", "food"] == Decimal("3.10")


def test_keeps_one_month_when_asked():
    totals = totals_by_month(parse_entries(BOOK.splitlines(), []), month="2025-03")
    assert {month for month, _ in totals} == {"2025-03"}
