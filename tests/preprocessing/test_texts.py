"""Raw texts, in any container, as a list of str."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer

from sklearn_textnn.preprocessing import TokenIds, Vocabulary, check_texts

TEXTS = ["good food", "", "slow service"]


@pytest.mark.parametrize(
    "X",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS).reshape(-1, 1),
        np.array(TEXTS, dtype=object).reshape(-1, 1),
        np.array(TEXTS, dtype=np.dtypes.StringDType()),
        pd.Series(TEXTS, dtype=object),
        pd.Series(TEXTS, dtype="str", index=[7, 7, 2]),
        pd.Series(TEXTS, dtype="category"),
        pd.DataFrame({"text": TEXTS}),
        pd.DataFrame({3: pd.Series(TEXTS, dtype=object)}),
        dict(enumerate(TEXTS)).values(),
        [text.encode() for text in TEXTS],
        np.array([text.encode() for text in TEXTS]),
        ["good food", b"", bytearray(b"slow service")],
    ],
    ids=lambda X: type(X).__name__,
)
def test_every_container_gives_the_same_list(X):
    texts = check_texts(X)
    assert texts == TEXTS
    assert isinstance(texts, list)
    assert all(type(text) is str for text in texts)


@pytest.mark.parametrize("X", [[], (), np.array([], dtype=object), pd.DataFrame({"text": []})])
def test_no_texts_give_an_empty_list(X):
    assert check_texts(X) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "NoneType"),
        (float("nan"), "float"),
        (np.nan, "float"),
        (pd.NA, "NAType"),
        (pd.NaT, "NaTType"),
        (np.float32("nan"), "float32"),
    ],
)
def test_a_missing_text_is_an_error_with_position_and_type(value, kind):
    with pytest.raises(ValueError, match=rf"text 2 is missing \(.*{kind}\).*fillna"):
        check_texts(["good", "bad", value, None])


def test_missing_texts_are_counted_in_an_error_with_a_hint():
    match = r"text 1 is missing .*; missing are 2 of 4 texts, at 1, 3\. .*SimpleImputer\(strategy="
    with pytest.raises(ValueError, match=match):
        check_texts(["good", None, "bad", float("nan")])
    with pytest.raises(ValueError, match=r"missing are 9 of 9 texts, at 0, 1, 2, 3, 4, \.\.\.\. "):
        check_texts([None] * 9)


@pytest.mark.parametrize("value", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("dtype", [object, "str", "string"])
def test_the_advice_for_missing_texts_works(value, dtype):
    frame = pd.DataFrame({"text": pd.Series(["good food", value], dtype=dtype)})
    with pytest.raises(ValueError, match="text 1 is missing"):
        check_texts(frame)
    fill = SimpleImputer(strategy="constant", fill_value="", missing_values=pd.NA)
    assert check_texts(fill.fit_transform(frame)) == ["good food", ""]
    assert check_texts(frame["text"].fillna("")) == ["good food", ""]


def test_the_first_invalid_text_is_reported():
    with pytest.raises(TypeError, match="text 1 is of type int"):
        check_texts(["good", 3, None])


def test_a_missing_text_of_a_series_is_reported_by_position_not_label():
    with pytest.raises(ValueError, match="text 1 is missing"):
        check_texts(pd.Series(["good", None], index=[10, 20]))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3, "int"),
        (2.5, "float"),
        (["nested", "list"], "list"),
        (("a",), "tuple"),
        ({}, "dict"),
        (np.array(["a"]), "ndarray"),
        (True, "bool"),
    ],
)
def test_a_non_text_is_an_error_with_position_and_type(value, kind):
    with pytest.raises(TypeError, match=rf"text 1 is of type {kind}, expected str or bytes; pass"):
        check_texts(["good", value, 7])


@pytest.mark.parametrize("X", ["good food", b"good food", np.str_("good food"), bytearray(b"x")])
def test_one_str_instead_of_a_list_is_refused_with_a_hint(X):
    with pytest.raises(ValueError, match=r"X is one \w+, expected .*put it into a list: \[text\]"):
        check_texts(X)


@pytest.mark.parametrize("X", [{"a": 1}, {"a", "b"}, frozenset("ab"), {"a": "b"}.keys()])
def test_containers_without_order_of_samples_are_refused(X):
    with pytest.raises(TypeError, match=rf"X is a {type(X).__name__}, expected .*pass a list"):
        check_texts(X)


@pytest.mark.parametrize("X", [None, 3, 2.5, object()])
def test_what_cannot_be_iterated_over_is_refused(X):
    with pytest.raises(TypeError, match=f"X is of type {type(X).__name__}, .*pass a list of str"):
        check_texts(X)


def test_a_frame_with_two_columns_is_refused_with_their_names_and_a_hint():
    frame = pd.DataFrame({"title": ["a"], "text": ["b"]})
    with pytest.raises(ValueError, match=r"2 columns \['title', 'text'\].*ColumnTransformer"):
        check_texts(frame)


def test_a_frame_without_columns_is_refused():
    with pytest.raises(ValueError, match=r"frame with 0 columns \[\]"):
        check_texts(pd.DataFrame(index=[0, 1]))


@pytest.mark.parametrize("shape", [(), (2, 2), (2, 0), (2, 1, 1)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"X is an array of shape .*expected .*\(n_samples,\)"):
        check_texts(np.full(shape, "a", dtype=object))


def test_dicts_among_the_texts_are_refused_with_a_hint():
    with pytest.raises(TypeError, match=r'take one field of dicts: \[row\["text"\] for row in X\]'):
        check_texts([{"text": "good food"}])


# Containers of other libraries, by substitutes that behave like them.


class Scalar:
    """An item of a column of Arrow."""


class ArrowColumn:
    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (Scalar() for _ in self.values)

    def to_pylist(self):
        return list(self.values)


class Table:
    """A table of Arrow: `columns` are its data, and only a name selects one."""

    def __init__(self, columns):
        self.data = {name: ArrowColumn(values) for name, values in columns.items()}

    @property
    def column_names(self):
        return list(self.data)

    @property
    def columns(self):
        return list(self.data.values())

    def __getitem__(self, name):
        return self.data[name]


class Rows:
    """A dataset of Hugging Face: rows are dicts, and column names may be unknown."""

    def __init__(self, columns, *, names_are_known=True):
        self.data = columns
        self.names_are_known = names_are_known

    @property
    def column_names(self):
        return list(self.data) if self.names_are_known else None

    def __getitem__(self, name):
        return self.data[name]

    def __iter__(self):
        rows = zip(*self.data.values(), strict=True)
        return (dict(zip(self.data, row, strict=True)) for row in rows)


class LazyFrame:
    @property
    def columns(self):
        raise AssertionError("this would compute the whole query")

    def collect(self):
        return pd.DataFrame({"text": TEXTS})


def test_columns_and_tables_of_other_libraries_are_accepted():
    for X in (ArrowColumn(TEXTS), Table({"text": TEXTS}), Rows({"text": TEXTS})):
        assert check_texts(X) == TEXTS
    with pytest.raises(ValueError, match="text 1 is missing"):
        check_texts(Table({"text": ["good", None]}))


@pytest.mark.parametrize("kind", [Table, Rows])
def test_tables_of_other_libraries_with_two_columns_are_refused_with_their_names(kind):
    with pytest.raises(ValueError, match=r"2 columns \['title', 'text'\].*as in X\[\"text\"\]"):
        check_texts(kind({"title": TEXTS, "text": TEXTS}))


def test_lazy_frames_are_refused_with_a_hint():
    with pytest.raises(TypeError, match=r"X is a LazyFrame, .*; pass X\.collect\(\)"):
        check_texts(LazyFrame())
    with pytest.raises(TypeError, match=r"text 0 is of type dict, .*take one field of dicts"):
        check_texts(Rows({"text": TEXTS}, names_are_known=False))


def test_a_frame_may_have_a_column_of_any_name():
    for name in ("column_names", "columns", "collect", "to_pylist"):
        assert check_texts(pd.DataFrame({name: TEXTS})) == TEXTS
        assert check_texts(pd.Series(TEXTS[:1], index=[name])) == TEXTS[:1]


@pytest.mark.parametrize(
    "make",
    [
        lambda pa: pa.array(TEXTS),
        lambda pa: pa.array(TEXTS, pa.large_string()),
        lambda pa: pa.array(TEXTS).dictionary_encode(),
        lambda pa: pa.array([text.encode() for text in TEXTS]),
        lambda pa: pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        lambda pa: pa.table({"text": TEXTS}),
        lambda pa: pa.RecordBatch.from_pydict({"text": TEXTS}),
        lambda pa: pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.string())),
        lambda pa: pd.DataFrame({"text": TEXTS}, dtype="string[pyarrow]"),
    ],
)
def test_arrow(make):
    assert check_texts(make(pytest.importorskip("pyarrow"))) == TEXTS


def test_polars():
    pl = pytest.importorskip("polars")
    for X in (pl.Series(TEXTS), pl.Series(TEXTS, dtype=pl.Categorical), pl.DataFrame({"a": TEXTS})):
        assert check_texts(X) == TEXTS
    with pytest.raises(ValueError, match="text 1 is missing"):
        check_texts(pl.Series(["good", None]))
    with pytest.raises(TypeError, match="X is a LazyFrame"):
        check_texts(pl.LazyFrame({"a": TEXTS}))


def test_hugging_face():
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": TEXTS})
    for X in (data, data["text"], data.with_format("pandas"), data.with_format("arrow")["text"]):
        assert check_texts(X) == TEXTS
    with pytest.raises(TypeError, match=r'X is a DatasetDict, .* X\["train"\]\["text"\] of a dict'):
        check_texts(datasets.DatasetDict(train=data))


def test_token_ids_are_refused():
    X = TokenIds(np.array([[1]]), Vocabulary(("", "good"), n_known=2))
    with pytest.raises(TypeError, match="X holds token ids, expected texts"):
        check_texts(X)


def test_bytes_are_decoded_with_the_given_encoding():
    assert check_texts(["caf\xe9".encode("latin-1")], encoding="latin-1") == ["caf\xe9"]


def test_undecodable_bytes_are_an_error_with_the_position():
    match = r"text 1 is of type bytes and cannot be read .*position 3: .*set encoding.* or decode"
    with pytest.raises(ValueError, match=match):
        check_texts(["good", b"caf\xe9"])


@pytest.mark.parametrize(("decode_error", "text"), [("ignore", "caf"), ("replace", "caf\ufffd")])
def test_decode_error_determines_the_treatment_of_invalid_bytes(decode_error, text):
    assert check_texts([b"caf\xe9"], decode_error=decode_error) == [text]


@pytest.mark.parametrize(
    ("encoding", "decode_error"),
    [("undefined", "strict"), ("idna", "ignore"), ("utf\0-8", "strict"), ("\ud800", "strict")],
)
def test_an_unusable_encoding_is_an_error_with_the_position(encoding, decode_error):
    match = r"text 1 is of type bytes and cannot be read with encoding=.*; set encoding, as to"
    with pytest.raises(ValueError, match=match):
        check_texts(["good", b"caf\xe9"], encoding=encoding, decode_error=decode_error)


def test_an_unknown_encoding_is_an_error():
    with pytest.raises(ValueError, match="unknown encoding: utf-9"):
        check_texts([b"a"], encoding="utf-9")


@pytest.mark.parametrize("text", ["\ud800 lone", "nul\0nul", "\U0001f600", "\ufeffbom"])
def test_odd_characters_are_unchanged(text):
    assert check_texts([text]) == [text]


def test_the_list_of_the_caller_is_not_changed():
    X = ["good", b"bad"]
    check_texts(X)
    assert X == ["good", b"bad"]
