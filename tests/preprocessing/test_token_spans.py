import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sklearn_textnn.preprocessing import KerasTokenizerTransformer


@example(text="a, b", split=", ", lower=True, char_level=False)  # "," is a filter too
@example(text="a ,b", split=" ,", lower=True, char_level=False)
@given(
    text=st.text(st.sampled_from("aAbİß ΑΣ.,!\t\n\u00a0\u200b")),
    split=st.sampled_from([" ", None, "b", ", "]),
    lower=st.booleans(),
    char_level=st.booleans(),
)
def test_the_spans_are_those_of_the_tokens(text, split, lower, char_level):
    tokenizer = KerasTokenizerTransformer(
        split=split, lower=lower, char_level=char_level, unknown="keep", vocabulary=["zzz"]
    ).fit(["zzz"])
    ids = tokenizer.transform([text])
    tokens = [ids.vocabulary.words[i] for row in ids for i in row]
    (spans,) = tokenizer.token_spans([text])
    assert len(spans) == len(tokens)
    for (start, end), token in zip(spans, tokens, strict=True):
        written = text[start:end]
        read = written.lower() if lower else written
        # Lowercasing a final sigma depends on its context.
        assert token in read.replace("σ", "ς") or token in read or token in read.replace("ς", "σ")


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Good,food", [(0, 4), (5, 9)]),
        ("", []),
        ("...", []),
        ("İyi yemek", [(0, 3), (4, 9)]),  # İ has two characters in lower case
    ],
)
def test_positions_are_those_of_the_text_as_written(text, spans):
    assert KerasTokenizerTransformer().token_spans([text]) == [spans]
