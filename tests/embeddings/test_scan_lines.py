"""The search for lines by eight bytes of them, against a loop that looks at all."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_textnn.embeddings import _scan_lines

LAW = settings(max_examples=300, deadline=None, database=None)

# Long and short, equal in their first eight bytes, with the bytes on either side of a space.
WORDS = st.sampled_from(
    [b"", b"a", b"b", b"abcdefg", b"abcdefgh", b"abcdefghi", b"abcdefghj", b"\x1f", b"!", b"\xa0"]
)
LINES = st.lists(WORDS, min_size=1, max_size=4).map(b" ".join)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b" \n", b"\n\n"])


def scan(content, beginnings, number=1):
    """All that a scan gives: the lines, and what it returns at the end."""
    found, lines = [], _scan_lines.scan_lines(io.BytesIO(content), number, beginnings)
    while True:
        try:
            found.append(next(lines))
        except StopIteration as stop:
            return found, stop.value


def loop(content, beginnings):
    lines = content.split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    stripped = [line.rstrip(b"\r ") for line in lines]
    numbered = [(i, line) for i, line in enumerate(stripped, start=1) if line]
    found = [(i, line) for i, line in numbered if line.split(b" ")[0] in beginnings]
    return found, (len(lines), stripped.count(b""), lines[-1] if lines else b"")


@LAW
@given(
    content=st.lists(st.tuples(LINES, ENDS).map(b"".join), max_size=12).map(b"".join),
    last=st.one_of(st.just(b""), LINES),
    beginnings=st.sets(WORDS, min_size=1),
    chunk=st.integers(1, 40),
)
def test_a_scan_finds_what_a_loop_finds(content, last, beginnings, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_scan_lines, "_CHUNK", chunk)
        assert scan(content + last, beginnings) == loop(content + last, beginnings)


@pytest.mark.parametrize("chunk", [3, 1000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\nb 1\n"])
def test_a_line_may_be_as_long_as_the_limit_but_not_without_end(monkeypatch, chunk, end):
    monkeypatch.setattr(_scan_lines, "LIMIT", 50)
    monkeypatch.setattr(_scan_lines, "_CHUNK", chunk)
    line = b"a ".ljust(49, b"1")
    assert scan(b"b 1\n" + line + end, {b"a"})[0] == [(2, line)]
    with pytest.raises(ValueError, match="line 12 is longer than 50 bytes"):
        scan(b"b 1\n" + line + b"1" * (40 + chunk) + end, {b"a"}, number=11)
