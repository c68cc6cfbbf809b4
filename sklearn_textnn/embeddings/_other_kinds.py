"""Detection of files that are often mistaken for vectors, with advice."""

import re

_DATA = (
    rb"\x89HDF\r\n|GGUF[\x01-\x1f]\x00|PAR1[^ -~]|ARROW1\x00|FEA1[^ -~]|SQLite format 3\x00"
    rb"|MATLAB [0-9.]+ MAT-file|RD[AX][0-9]\n|[ABX]\n\x00\x00"
)
_JSON = rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*"|"[^"\n]*"\s*[,\]]))'
_ZIPPED = rb"\x00zip ([^/]+\.npy|(.*/)?data\.pkl|(.*/)?model\.weights\.h5)"  # as written below
_WEB = rb"(?i:\s*<(?:!doctype\s+\w|html[^<>]*>|head>|\?xml\s)(?![ \t]*-?[0-9.]))"
_DOCUMENT = (
    rb"%PDF-|\{\\rtf|\xd0\xcf\x11\xe0|\x00zip \[Content_Types\]\.xml"
    rb"|\x89PNG\r|\xff\xd8\xff|GIF8[79]a|\x7fELF|MZ[\x00-\x1f\x80-\xff]"
)
_PACKED = (
    rb".{257}ustar|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|7z\xbc\xaf|Rar!\x1a|LZIP\x01|\x1f[\x9d\xa0]"
)
_WIDE = rb"\xff\xfe|\xfe\xff|\x00\x00\xfe\xff|(?:[\t\n\r -~]\x00+){4}|(?:\x00+[\t\n\r -~]){4}"

_FASTTEXT = (
    "Take the .vec file that is published beside it, or model = fasttext.load_model(path) and "
    "WordVectors(model.words, [model[word] for word in model.words])."
)
_PICKLE = (
    "If gensim wrote it, pass KeyedVectors.load(path) to WordVectors.from_gensim; else its words "
    "and matrix to WordVectors(words, matrix)."
)
_LOAD = "Load it with what wrote it, and pass its words and matrix to WordVectors(words, matrix)."
_TABLE = (
    "If it is the table of a sentence encoder, pass its tokenizer's JSON file to WordVectors.read("
    f"path, tokenizer=...). Else: {_LOAD}"
)
_FETCH = "It came instead of the requested file; download that again."

# What a file of vectors never begins with, what that is, and what to do about it.
_KINDS = (
    (rb"\xba\x16O/", "a model of fastText", _FASTTEXT),
    (rb"\x80[\x02-\x05]|\([dlt]p\d+\n", "a pickle", _PICKLE),
    (rb"c(?:__builtin__|builtins|copy_?reg|gensim|numpy)[\w.]*\n", "a pickle", _PICKLE),
    (rb"\x93NUMPY", "an array of NumPy (.npy)", "Pass WordVectors(words, numpy.load(path))."),
    (rb"version https://git-lfs", "a pointer of Git LFS", "Fetch the file with git lfs pull."),
    (rb"\S*annex/objects/", "a pointer of git-annex", "Fetch the file with git annex get."),
    (rb".{4}\x00{4}\{\s*\"", "a file of safetensors", _TABLE),
    (_DATA, "a file of HDF5, GGUF, Parquet, Arrow, SQLite, MATLAB or R", _LOAD),
    (rb"x[\x9c\xda]", "packed by zlib, as pickles of joblib are", _LOAD),
    (_JSON, "JSON", _LOAD),
    (_ZIPPED, "an archive of NumPy (.npz), or a model of PyTorch or Keras", _LOAD),
    (_WEB, "a web page or XML", _FETCH),
    (_DOCUMENT, "a document, a picture or a program", _FETCH),
    (_PACKED, "packed by tar, zstd, lz4, 7-Zip, rar or lzip", "Unpack it first."),
    (_WIDE, "text in UTF-16 or UTF-32, as the bytes of line 1 show", "Convert it to UTF-8."),
)


def refuse_other_kinds(sample):
    """Raise an error if a file begins like one without readable vectors.

    Parameters
    ----------
    sample : bytes
        Its first bytes, decompressed.

    Raises
    ------
    ValueError
        If it does; the message says what it is and what to do.
    """
    for pattern, kind, hint in _KINDS:
        if re.match(pattern, sample[:2000], re.DOTALL):
            raise ValueError(
                f"it is {kind}, expected lines of a word and its numbers, or word2vec's binary "
                f"format. {hint}"
            )


def refuse_other_archives(names):
    """Raise an error if the names in a zip are those of another kind of file."""
    for name in names:
        refuse_other_kinds(f"\0zip {name}".encode())
