"""Files that are often taken for vectors, told by their first bytes, and what to do about them."""

import re

_FETCH = "It came in place of the file that was asked for; fetch that again."
_LOAD = "Load it with what wrote it, and pass its words and matrix to WordVectors(words, matrix)."
_UNPACK = "Unpack it first."
_UTF_8 = "Convert it to UTF-8."
_WEB = rb"(?i:\s*<(?:!doctype\s+\w|html[^<>]*>|head>|\?xml\s)(?![ \t]*-?[0-9.]))"
_JSON = rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*"|"[^"\n]*"\s*[,\]]))'

# No file of vectors begins with a word that one of these patterns fits.
_KINDS = (
    (
        rb"\xba\x16O/",
        "a model of fastText",
        "Take the .vec file that is published beside it, or model = fasttext.load_model(path) and "
        "WordVectors(model.words, [model[word] for word in model.words]).",
    ),
    (
        rb"\x80[\x02-\x05]|c(?:__builtin__|builtins|copy_?reg|gensim|numpy)[\w.]*\n|\([dlt]p\d+\n",
        "a pickle",
        "If gensim wrote it, pass KeyedVectors.load(path) to WordVectors.from_gensim; else its "
        "words and matrix to WordVectors(words, matrix).",
    ),
    (rb"\x93NUMPY", "an array of NumPy (.npy)", "Pass WordVectors(words, numpy.load(path))."),
    (rb"\x89HDF\r\n", "a file of HDF5", _LOAD),
    (rb".{4}\x00{4}\{\s*\"", "a file of safetensors", _LOAD),
    (rb"GGUF[\x01-\x1f]\x00", "a model of GGUF", _LOAD),
    (rb"PAR1[^ -~]", "a file of Parquet", _LOAD),
    (rb"ARROW1\x00|FEA1[^ -~]", "a file of Arrow or Feather", _LOAD),
    (rb"SQLite format 3\x00", "a database of SQLite", _LOAD),
    (rb"MATLAB [0-9.]+ MAT-file", "a file of MATLAB", _LOAD),
    (rb"RD[AX][0-9]\n|[ABX]\n\x00\x00", "a file of R", _LOAD),
    (_JSON, "JSON", _LOAD),
    (rb"version https://git-lfs", "a pointer of Git LFS", "Fetch the file with git lfs pull."),
    (rb"\S*annex/objects/", "a pointer of git-annex", "Fetch the file with git annex get."),
    (_WEB, "a web page or XML", _FETCH),
    (rb"%PDF-|\{\\rtf|\xd0\xcf\x11\xe0", "a document (PDF, RTF or Office)", _FETCH),
    (rb"\x89PNG\r|\xff\xd8\xff|GIF8[79]a", "a picture", _FETCH),
    (rb"\x7fELF|MZ[\x00-\x1f\x80-\xff]", "a program", _FETCH),
    (rb".{257}ustar", "an archive of tar", _UNPACK),
    (rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18", "packed by zstd or lz4", _UNPACK),
    (rb"7z\xbc\xaf|Rar!\x1a|LZIP\x01|\x1f[\x9d\xa0]", "packed by 7-Zip, rar or lzip", _UNPACK),
    (rb"x[\x9c\xda]", "packed by zlib, as pickles of joblib are", _LOAD),
    (
        rb"\xff\xfe|\xfe\xff|\x00\x00\xfe\xff|(?:[\t\n\r -~]\x00+){4}|(?:\x00+[\t\n\r -~]){4}",
        "text in UTF-16 or UTF-32, as the bytes of line 1 show",
        _UTF_8,
    ),
)
_MEMBERS = (  # of a zip
    (r"[^/]+\.npy", "an archive of NumPy (.npz)", _LOAD),
    (r"(.*/)?data\.pkl", "a model of PyTorch", _LOAD),
    (r"(.*/)?model\.weights\.h5", "a model of Keras", _LOAD),
    (r"\[Content_Types\]\.xml", "a document of Office", _FETCH),
)


def refuse_other_kinds(sample):
    """Raise if a file begins as one that holds no vectors, or none that can be read.

    Parameters
    ----------
    sample : bytes
        Its first bytes, unpacked.

    Raises
    ------
    ValueError
        If it does; the message says what it is, and what to do.
    """
    _refuse(_KINDS, sample[:2000], re.DOTALL)


def refuse_other_archives(names):
    """Raise the same if the names in a zip are those of something else."""
    for name in names:
        _refuse(_MEMBERS, name, 0)


def _refuse(table, beginning, flags):
    for pattern, kind, cure in table:
        if re.match(pattern, beginning, flags):
            raise ValueError(
                f"it is {kind}, expected lines of a word and its numbers, or word2vec's binary "
                f"format. {cure}"
            )
