"""Figures: what a list of samples says, and tables of it."""
import math
import statistics


def p99(samples):
    """The smallest sample that 99 of 100 do not exceed."""
    ordered = sorted(samples)
    return ordered[math.ceil(0.99 * len(ordered)) - 1]


def spread(samples, digits=1):
    """median, p99, min and max as cells."""
    if not samples:
        return ["-"] * 4
    return ["%.*f" % (digits, value) for value in (
        statistics.median(samples), p99(samples), min(samples),
        max(samples))]


SPREAD = ["median", "p99", "min", "max"]


def table(heads, rows):
    """Markdown, aligned so that a terminal shows it as well."""
    cells = [[str(cell) for cell in row] for row in [heads] + rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width
                               in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2)
                                   for width in widths) + "|")
    return "\n".join(lines)
