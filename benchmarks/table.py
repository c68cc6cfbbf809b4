"""The lines of the table, and their format."""

import textwrap

HEAD = ("measured", "ours", "theirs", "result", "target", "")
_FLUSH_LEFT = (0, 4, 5)


def faster(name, ours, theirs, at_least=None, unit="s"):
    """Return a line of two times, the ratio of theirs to ours, and the target ratio."""
    ratio = theirs / ours
    target, reached = "", None
    if at_least is not None:
        target, reached = f"at least {at_least:g} x", ratio >= at_least
    return _line(name, ours, theirs, unit, f"{ratio:.1f} x", target, reached) | {"value": ratio}


def bounded(name, value, at_most, *, unit, ours=None, theirs=None, shown=""):
    """Return a line of a figure and its upper bound; `shown` follows both."""
    result, target = f"{value:.3g}{shown}", f"at most {at_most:g}{shown}"
    return _line(name, ours, theirs, unit, result, target, value <= at_most) | {"value": value}


def equal(name, count, expected, *, unit):
    """Return a line of a count and its expected value."""
    result, target = f"{count}", f"equal, {expected}"
    return _line(name, count, None, unit, result, target, count == expected) | {"value": count}


def skipped(name, reason):
    """Return a line that says what was not measured, and why."""
    return _line(name, None, None, "", "skipped", "", None) | {"reason": reason}


def _line(name, ours, theirs, unit, result, target, reached):
    return {
        "name": name,
        "ours": ours,
        "theirs": theirs,
        "unit": unit,
        "result": result,
        "target": target,
        "reached": reached,
    }


def show(report):
    """Format a report; short settings and other thread settings get no verdict."""
    judged = not report["quick"] and isinstance(report["machine"]["threads"], dict)
    measured = report["measurements"]
    rows = [_cells(line, judged) for row in measured.values() for line in row["lines"]]
    notes = [_describe_row(name, row) for name, row in measured.items()]
    if not judged:
        notes.append("Targets are for the full setting, one intra-op and two inter-op threads.")
    notes += _describe_machine(report["machine"])
    wrapped = [textwrap.fill(note, 100, subsequent_indent="  ") for note in notes]
    return "\n".join([*_aligned([HEAD, *rows]), "", *wrapped])


def _cells(line, judged):
    verdict = "reached" if line["reached"] else "MISSED"
    if not judged or line["reached"] is None:
        verdict = line.get("reason", "")
    return (
        line["name"],
        _number(line["ours"], line["unit"]),
        _number(line["theirs"], line["unit"]),
        line["result"],
        line["target"],
        verdict,
    )


def _number(value, unit):
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f} {unit}"
    return f"{value:.3g} {unit}"


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if i in _FLUSH_LEFT else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _describe_row(name, row):
    theirs = f" Theirs: {row['against']}." if row["against"] else ""
    return f"{name}: {row['data']}; {row['what']}.{theirs}"


def _describe_machine(machine):
    threads = machine["threads"]
    if isinstance(threads, dict):
        threads = ", ".join(f"{name}={value}" for name, value in threads.items())
    yield ", ".join(f"{k} {v}" for k, v in machine.items() if k != "threads") + "."
    yield f"Threads on both sides: {threads}."
