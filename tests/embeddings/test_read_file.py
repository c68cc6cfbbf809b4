"""Files of vectors: every format and compression, complete or for some words."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from sklearn_textnn.datasets import fetch_sentiment_sentences
from sklearn_textnn.embeddings import WordVectors, _text_format
from sklearn_textnn.embeddings._text_format import _parse_fast, _parse_one_by_one
from sklearn_textnn.embeddings._word_filter import WordFilter
from sklearn_textnn.preprocessing import KerasTokenizerTransformer

LAW = settings(max_examples=60, deadline=None, database=None)


def zipped(contents):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PACKINGS = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped({"vectors.txt": content}),
    "zip of a Mac": lambda content: zipped(
        {"folder/": b"", "folder/vectors.txt": content, "__MACOSX/folder/._vectors.txt": b"\0\5"}
    ),
    "two gz": lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]),
}


def read_both(path, **kwargs):
    """Read with and without a store, which must agree."""
    stored = WordVectors.read(path, **kwargs)
    parsed = WordVectors.read(path, cache=False, **kwargs)
    assert stored == parsed
    assert list(stored.words) == list(parsed.words)
    assert np.array_equal(stored.vectors, parsed.vectors)
    return parsed


# Formats and compression


@pytest.mark.parametrize("packing", PACKINGS)
def test_format_and_compression_are_detected_from_the_content(tiny, written, as_file, packing):
    path = as_file(PACKINGS[packing](written(tiny.words, tiny.vectors)), "vectors.jpg")
    assert read_both(path) == tiny
    assert read_both(str(path)) == tiny
    part = WordVectors.read(path, words={"soup", "tea", "bad"}, cache=False)
    assert list(part.words) == ["bad", "soup"]
    assert part.vectors.tolist() == [[-1, 0], [0.25, 1.5]]


def test_a_zip_of_several_files_needs_a_member(tiny, written, as_file):
    half = tiny.select(["good", "great"])
    contents = {f"{v.dim}d/{len(v)}.txt": written(v.words, v.vectors) for v in (tiny, half)}
    path = as_file(zipped(contents))
    assert read_both(path, member="2d/2.txt") == half
    assert read_both(path, member="2d/5.txt") == tiny
    assert repr(WordVectors.read(path, member="2d/2.txt")).endswith("vectors.txt/2d/2.txt>")
    for member in (None, "3d/5.txt"):
        with pytest.raises(ValueError, match=r"holds '2d/5\.txt', '2d/2\.txt'; expected the name"):
            WordVectors.read(path, member=member)


def test_a_member_without_a_zip_is_an_error(tiny, written, as_file):
    path = as_file(written(tiny.words, tiny.vectors))
    with pytest.raises(ValueError, match=r"member='a\.txt' for a file that is not a zip"):
        WordVectors.read(path, member="a.txt")


def test_a_text_that_begins_like_a_compressed_file_is_a_text(as_file):
    for word in ("BZh9", "PK"):
        assert list(read_both(as_file(f"{word} 1 2\nb 3 4\n".encode())).words) == [word, "b"]


def test_binary_vectors_need_no_line_feed_between_them(tiny, as_file):
    values = np.asarray(tiny.vectors, dtype="<f4")
    pairs = zip(tiny.words, values, strict=True)
    content = b"5 2\n" + b"".join(w.encode() + b" " + row.tobytes() for w, row in pairs)
    assert read_both(as_file(content)) == tiny


@pytest.mark.parametrize(
    ("content", "words", "dim"),
    [
        (b"a 1 2 3\n", ["a"], 3),
        (b"a 1 2 3", ["a"], 3),
        (b"7 1 2\n", ["7"], 2),  # a number as a word
        (b"7 1 2\n8 1 2\n", ["7", "8"], 2),
        (b"7 1.0\n8 2.0\n", ["7", "8"], 1),
        (b"7 1\n", None, None),  # a header without vectors, or a word: an error, not a guess
        (b"7 3\n8 1\nc 4\n", ["7", "8", "c"], 1),  # no header: no line has 3 numbers
        (b"2 1\nb 1\nc 4\n", ["b", "c"], 1),
        (b"2 3\n5 1 2 3\n6 1 2 3\n", ["5", "6"], 3),
        (b"a 1 2\nx 9 1 2\nc 1 2\n", None, None),  # "x 9" may be a word or a vector too long
        (b"x y 1 2\nb 1 2\n", ["x y", "b"], 2),
        (b"nan 1 2\ninf 1 2\n", ["nan", "inf"], 2),
        (b" 1 2\nb 1 2\n", ["", "b"], 2),
        (b"  1 2\nb 1 2\n", [" ", "b"], 2),
        (b"a +1 -.5\nb 1e-3 2.\n", ["a", "b"], 2),
    ],
)
def test_dimension_and_header_are_detected_from_the_first_lines(as_file, content, words, dim):
    path = as_file(content)
    if words is None:
        with pytest.raises(ValueError, match=r"no vectors in it|has 3 numbers, expected 2"):
            WordVectors.read(path)
    else:
        vectors = read_both(path)
        assert (list(vectors.words), vectors.dim) == (words, dim)


def test_one_odd_first_line_does_not_determine_the_dimension(as_file):
    lines = [f"w{i} 1 2 3" for i in range(20)]
    for odd, message in ("cut 1 2", "'cut' has 2"), ("long 1 2 3 4", "'long' has 4"):
        path = as_file("\n".join([odd, *lines]).encode())
        with pytest.raises(ValueError, match=f"line 1: {message} numbers, expected 3"):
            WordVectors.read(path)


# Separators

COLUMNS = {
    "a tab behind the word": "soup\t0.1 0.2 0.3\nhot  dog\t0.4 0.5 0.6\n",
    "two spaces behind the word": "soup  0.1 0.2 0.3\nhot dog  0.4 0.5 0.6\n",
    "a tab and a space": "soup\t 0.1 0.2 0.3\nhot dog\t 0.4 0.5 0.6\n",
    "tabs throughout": "soup\t0.1\t0.2\t0.3\nhot dog\t0.4\t0.5\t0.6\n",
    "aligned numbers": "soup      0.1  0.2   0.3\nhot dog   0.4 0.5 0.6  \n",
    "spaces in front": "    soup 0.1 0.2 0.3\n hot dog 0.4 0.5 0.6\n",
    "line ends": "soup\t0.1 0.2 0.3\t\r\n\t\r\nhot dog\t0.4 0.5 0.6\t\r\n\r\n",
}


@pytest.mark.parametrize("header", ["", "2 3\n", "2\t3\r\n", "2  3\n"], ids=repr)
@pytest.mark.parametrize("separators", COLUMNS)
def test_tabs_and_repeated_spaces_are_separators(as_file, separators, header):
    path = as_file((header + COLUMNS[separators]).encode())
    vectors = read_both(path)
    assert list(vectors.words) == ["soup", "hot dog"]
    assert vectors.vectors.tolist() == np.float32([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]).tolist()
    assert WordVectors.read(path, words=["hot dog"], cache=False) == vectors.select(["hot dog"])


def test_the_majority_of_first_lines_determines_the_separator(as_file):
    """A single word may hold a tab, or end in a space."""
    lines = ["tab\there 1 2", "end  1 2", "a 1 2", "b 1 2", "c 1 2"]
    vectors = read_both(as_file("\n".join(lines).encode()))
    assert list(vectors.words) == ["tab\there", "end ", "a", "b", "c"]
    fewer = read_both(as_file("\n".join(["a 1 2", "b\t1 2", "c\t1 2"]).encode()))
    assert list(fewer.words) == ["a", "b", "c"]


@pytest.mark.parametrize("header", ["", "2 3\n"])
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("soup,0.1,0.2,0.3\nbread,0.4,0.5,0.6\n", "has commas in or between its numbers"),
        ("soup, 0.1, 0.2, 0.3\nbread, 0.4, 0.5, 0.6\n", "has commas"),
        ("soup,0.1 0.2 0.3\nbread,0.4 0.5 0.6\n", "has commas"),
        ("soup 0,1 0,2 0,3\nbread 0,4 0,5 0,6\n", "has commas .* expected decimal points"),
        ('"soup","0.1","0.2","0.3"\n"bread","0.4","0.5","0.6"\n', "has commas"),
        ("soup;0.1;0.2;0.3\nbread;0.4;0.5;0.6\n", "has semicolons"),
        ("soup | 0.1 | 0.2 | 0.3\nbread | 0.4 | 0.5 | 0.6\n", "has vertical lines"),
        ("soup 1:0.1 2:0.2 3:0.3\nbread 1:0.4 2:0.5 3:0.6\n", "has colons"),
        ("soup\u00a00.1 0.2 0.3\nbread\u00a00.4 0.5 0.6\n", "has no-break spaces"),
        ("soup\u20090.1 0.2 0.3\nbread\u20090.4 0.5 0.6\n", "has thin spaces"),
        ("soup 0.1 0.2 0.3\rbread 0.4 0.5 0.6\r", "its lines end in carriage returns alone"),
        ("0.1 0.2 0.3 0.4\n0.5 0.6 0.7 0.8\n", "each line begins with a number, as '0.1'"),
        ("soup: 0.1 0.2 0.3\nbread: 0.4 0.5 0.6\n", "each word ends in ':', as 'soup:'"),
        ("soup = 0.1 0.2 0.3\nbread = 0.4 0.5 0.6\n", "each word ends in '=', as 'soup ='"),
        ('"soup" 0.1 0.2 0.3\n"bread" 0.4 0.5 0.6\n', "each word ends in '\"'"),
    ],
)
def test_other_separators_are_an_error(as_file, header, lines, message):
    with pytest.raises(ValueError, match=message):
        WordVectors.read(as_file((header + lines).encode()))


def test_words_may_contain_separator_characters(as_file):
    lines = ["1,000 1 2", ": 1 2", "12:30 1 2", "x; 1 2", "a|b 1 2", "c 1 2"]
    words = [line[:-4] for line in lines]
    assert list(read_both(as_file("\n".join(lines).encode())).words) == words


@pytest.mark.parametrize("n_words", [1, 3])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_header_with_a_count_off_by_one_is_a_warning(as_file, n_words, separator):
    path = as_file(f"{n_words} 2\na{separator}1 2\nb{separator}3 4\n".encode())
    for how in ({}, {"cache": False}, {"words": ["b", "a"], "cache": False}):
        with pytest.warns(UserWarning, match=f"announces {n_words} words, but .* 2") as caught:
            vectors = WordVectors.read(path, **how)
        assert [w.filename for w in caught] == [__file__]
        assert vectors.vectors.tolist() == [[1, 2], [3, 4]]


# Words and numbers

ODD_WORDS = [
    ". . .",
    "at name@domain.com",
    "a\u00a0b",
    "\u0085",
    "\u2028",
    "\u3000",
    "a\tb",
    "\x1c",
    "\x0b",
    '"',
    "#",
    "NA",
    "1,000",
    "\N{DOG FACE}",
]


@pytest.mark.parametrize("header", [b"", b"%d 2\n" % len(ODD_WORDS)])
def test_words_with_unicode_spaces_are_not_split(as_file, header):
    lines = [f"{word} 0.5 {i}\n" for i, word in enumerate(ODD_WORDS)]
    path = as_file(header + "".join(lines).encode())
    vectors = read_both(path)
    assert list(vectors.words) == ODD_WORDS
    assert vectors.vectors[:, 1].tolist() == list(range(len(ODD_WORDS)))
    for word in ODD_WORDS:
        found = WordVectors.read(path, words=[word], cache=False)
        assert found.vectors[0].tolist() == [0.5, ODD_WORDS.index(word)]


@pytest.mark.parametrize("header", ["", "5 2"])
def test_byte_order_mark_line_ends_and_trailing_spaces_are_stripped(tiny, as_file, header):
    lines = [f"{w} {x} {y}" for w, (x, y) in zip(tiny.words, tiny.vectors.tolist(), strict=True)]
    lines = [header, *lines] if header else lines
    for start, end in (("\ufeff", "\n"), ("", "\r\n"), ("", " \n"), ("\ufeff", " \r\n")):
        content = (start + "".join(line + end for line in lines)).encode()
        for last in ("", end, "\n\n"):
            path = as_file(content + last.encode())
            assert read_both(path) == tiny
            assert WordVectors.read(path, words=["good"], cache=False)["good"].tolist() == [1, 0]


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.floats(-3e38, 3e38).map(repr),
    st.floats(-10, 10).map("{:.25f}".format),
    st.floats(-1, 1).map("{:.5g}".format),
    st.integers(-(10**38), 10**38).map(str),
    st.from_regex(r"\A[+-]?([0-9]{1,25}\.?[0-9]{0,25}|\.[0-9]{1,9})([eE][+-]?[0-9])?\Z"),
).filter(lambda number: abs(float(number)) < 3e38)


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_numbers_are_rounded_as_float_rounds_them(numbers):
    text = " ".join(numbers).encode()
    expected = np.array([[np.float32(float(number)) for number in numbers]])
    assert np.array_equal(_parse_fast([text], len(numbers)), expected)
    assert np.array_equal(_parse_one_by_one([1], [b"w"], [text], len(numbers)), expected)


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.binary(max_size=4).filter(lambda b: b" " not in b), min_size=1, max_size=4))
def test_the_fast_parser_accepts_only_what_the_slow_one_accepts(parts):
    fast = _parse_fast([b" ".join(parts)], len(parts))
    try:
        slow = _parse_one_by_one([1], [b"w"], [b" ".join(parts)], len(parts))
    except ValueError:
        assert fast is None
    else:
        assert fast is None or np.array_equal(fast, slow)


PART = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\r\ufeff"), min_size=1
)
FILES = st.integers(1, 4).flatmap(
    lambda dim: st.dictionaries(
        PART.filter(lambda word: not word[:1].isdigit() and word[-1] not in ",;:|=\"'"),
        st.lists(
            st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=dim, max_size=dim
        ),
        min_size=1,
        max_size=8,
    )
)


@LAW
@given(words_and_rows=FILES)
def test_written_vectors_are_read_back(written, tmp_path_factory, words_and_rows):
    words = list(words_and_rows)
    rows = [[*row, 1.0] for row in words_and_rows.values()]  # four letters are a float32 as well
    path = tmp_path_factory.getbasetemp() / "law.txt"
    path.write_bytes(written(words, rows))
    vectors = WordVectors.read(path, cache=False)
    assert vectors == WordVectors(words, rows)
    some = words[::2]
    part = WordVectors.read(path, words=some, cache=False)
    assert part == vectors.select(some)


# Some words only


def test_selected_words_come_in_the_order_of_the_file(tiny, written, as_file):
    path = as_file(written(tiny.words, tiny.vectors))
    from_file = WordVectors.read(path, words=["soup", "good", "tea"])
    WordVectors.read(path)
    from_store = WordVectors.read(path, words=["soup", "good", "tea"])
    assert list(from_file.words) == ["good", "soup"]
    assert from_store == from_file
    assert repr(from_store) == "<WordVectors: 2 words, 2 dimensions>"


def test_reading_some_words_writes_no_store(tiny, written, as_file, own_home):
    WordVectors.read(as_file(written(tiny.words, tiny.vectors)), words=["good"])
    assert not own_home.exists()


def test_an_empty_line_is_not_a_word(as_file):
    path = as_file(b"\ngood 1 2\n \r\n 3 4\n\n")
    assert list(WordVectors.read(path)) == ["good", ""]
    assert WordVectors.read(path, words=["", "good"], cache=False)[""].tolist() == [3, 4]


def test_lines_of_other_words_are_not_parsed(as_file):
    path = as_file(b"good 1 2\nbad nan x y\nsoup 3 4\n")
    part = WordVectors.read(path, words=["soup", "good"])
    assert part.vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("cached", [False, True])
def test_finding_none_of_the_words_is_an_error(tiny, written, as_file, cached):
    path = as_file(written(tiny.words, tiny.vectors))
    if cached:
        WordVectors.read(path)
    with pytest.raises(ValueError, match=r"none of the 2 words: 'Good', 'Soup'\. .*lower case"):
        WordVectors.read(path, words=["Soup", "Good"])


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], ValueError, "words is empty"),
        ("good", ValueError, "a single str"),
        (["good", None], TypeError, "word 1 is None"),
        (["good", ["bad"]], TypeError, r"word 1 is \['bad'\], a list"),
        (7, TypeError, "words is 7 of type int, expected an iterable"),
    ],
)
def test_words_of_other_types_are_an_error(tiny, written, as_file, words, error, message):
    path = as_file(written(tiny.words, tiny.vectors))
    with pytest.raises(error, match=message):
        WordVectors.read(path, words=words)


# Blocks of lines

# Long and short, equal in their first eight bytes, with the bytes on either side of a space.
BLOCK_WORDS = [
    "a",
    "b c",
    "b ",
    "abcdefg",
    "abcdefgh",
    "abcdefghi",
    "abcdefghj",
    "\x1f",
    "!",
    "\xa0",
]
LINES = st.sampled_from([f"{word} 1 2".encode() for word in BLOCK_WORDS] + [b"", b" ", b" " * 12])
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b" \n", b"\n\n"])


@LAW
@given(
    lines=st.lists(st.tuples(LINES, ENDS), min_size=1, max_size=12),
    cut=st.booleans(),
    block=st.integers(1, 40),
    words=st.sets(st.sampled_from([*BLOCK_WORDS, "b", "zz"]), min_size=1),
)
@example(lines=[(b"b c 1 2", b"\n")], cut=False, block=3, words={"b"})
def test_block_boundaries_do_not_matter(tmp_path_factory, lines, cut, block, words):
    content = b"".join(line + end for line, end in lines)
    content = b"first 0 0\nsecond 0 0\nthird 0 0\n" + (content.rstrip() if cut else content)
    path = tmp_path_factory.getbasetemp() / "blocks.txt"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = WordVectors.read(path, cache=False)
        patch.setattr(_text_format, "_BLOCK", block)
        assert WordVectors.read(path, cache=False) == whole
        wanted = {*words, "first"}
        assert WordVectors.read(path, words=wanted, cache=False) == whole.select(
            [word for word in whole if word in wanted]
        )


def test_the_line_number_of_an_error_does_not_depend_on_blocks(as_file, monkeypatch):
    monkeypatch.setattr(_text_format, "_BLOCK", 5)
    path = as_file(b"2 2\n\na 1 2\n\r\nb 3 x\n")
    for how in ({}, {"words": ["b"]}):
        with pytest.raises(ValueError, match="line 5: 'b' has 'x' as number 2 of 2"):
            WordVectors.read(path, **how)


# Words that are not UTF-8

LATIN = "caf\xe9 1 2\n\xe9t\xe9 a 3 4\nfood 5 6\n".encode("latin-1")


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("replace", ["caf\ufffd", "\ufffdt\ufffd a", "food"]),
        ("ignore", ["caf", "t a", "food"]),
        ("surrogateescape", ["caf\udce9", "\udce9t\udce9 a", "food"]),
    ],
)
def test_encoding_errors_applies_to_words_that_are_not_utf_8(as_file, errors, words):
    path = as_file(LATIN)
    vectors = read_both(path, encoding_errors=errors)
    assert list(vectors.words) == words
    for word in words:
        part = WordVectors.read(path, words=[word], encoding_errors=errors, cache=False)
        assert part == vectors.select([word])
    with pytest.raises(ValueError, match=r"line 1: b'caf.*' is not UTF-8"):
        WordVectors.read(path)  # despite the store of the lenient reading


def test_unknown_encoding_errors_are_an_error(as_file):
    with pytest.raises(ValueError, match="encoding_errors='nice', expected 'strict'"):
        WordVectors.read(as_file(b"a 1 2\n"), encoding_errors="nice")


# Memory

PEAKS = """
import re, sys
from sklearn_textnn.embeddings import WordVectors, _text_format

def status(name):
    return int(re.search(name + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

def read(path, **kwargs):
    before = status("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")  # forget the peak so far
    vectors = WordVectors.read(path, **kwargs)
    return len(vectors), status("VmHWM") - before

small, path = sys.argv[1:]
read(small)  # so that what is loaded at first use is not counted
print(*read(path, words={"w7", "w59999"}, cache=False), *read(path), *read(path, cache=False))
"""


@pytest.mark.skipif(
    not os.path.exists("/proc/self/clear_refs"), reason="memory is measured as on Linux"
)
def test_memory_is_bounded_by_the_result(as_file):
    numbers = " ".join(f"{x:.5f}" for x in np.linspace(-1, 1, 50))
    path = as_file("".join(f"w{i} {numbers}\n" for i in range(60_000)).encode(), "large.txt")
    assert path.stat().st_size > 25e6
    small = as_file(f"w {numbers}\n".encode(), "small.txt")
    done = subprocess.run([sys.executable, "-c", PEAKS, small, path], capture_output=True)
    n_some, some, n_stored, stored, n_parsed, parsed = map(float, done.stdout.split())
    assert (n_some, n_stored, n_parsed) == (2, 60_000, 60_000)
    assert some < 15  # MB
    assert stored < 35
    assert parsed < 35 + 60_000 * 50 * 4 / 1e6


@pytest.mark.filterwarnings("ignore:.*repeat a word")
@pytest.mark.parametrize("words", [None, ["a"]])
def test_short_lines_take_little_memory(as_file, words):
    """As Python objects they would take thirty times their bytes."""
    path = as_file(b"a 1\nb 2\n" * 200_000)
    tracemalloc.start()
    vectors = WordVectors.read(path, words=words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert vectors["a"].tolist() == [1]
    assert peak < 40e6


def test_a_repeated_word_is_stored_once():
    word_filter = WordFilter({"a"})
    assert word_filter.keep([b"a", b"b", b"a"], "line", [1, 2, 3]) == ([0], [b"a"])
    assert word_filter.keep([b"a"] * 3, "line", [4, 5, 6]) == ([], [])
    assert word_filter.n_repeated == 4


# Real vectors


def test_glove_covers_as_much_of_yelp_as_was_published(shared_data):
    """Row 0, the padding, counts as not covered: 1661 of 1747 rows."""
    texts, y = fetch_sentiment_sentences(
        subset="yelp",
        data_home=shared_data / "sentiment",
        download_if_missing=False,
        return_X_y=True,
    )
    train = train_test_split(texts, y, test_size=0.25, random_state=1000)[0]
    words = KerasTokenizerTransformer().fit(train).word_index_
    path = shared_data / "glove.6B.50d.zip"
    vectors = WordVectors.read(path, words=words, cache=False)
    assert len(vectors) / (len(words) + 1) == 0.9507727532913566
    assert vectors["the"][:3].tolist() == [np.float32(x) for x in (0.418, 0.24968, -0.41242)]
