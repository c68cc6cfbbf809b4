"""Files that are often taken for vectors, told by their first bytes, and what to do about them."""

import re

_WEB = rb"(?i:\s*<(?:!doctype\s+\w|html[^<>]*>|head>|\?xml\s)(?![ \t]*-?[0-9.]))"
_JSON = rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*"|"[^"\n]*"\s*[,\]]))'

# What to do about them, and what a file of vectors never begins with: patterns and kinds.
_KINDS = {
    "Take the .vec file that is published beside it, or model = fasttext.load_model(path) and "
    "WordVectors(model.words, [model[word] for word in model.words]).": (
        (rb"\xba\x16O/", "a model of fastText"),
    ),
    "If gensim wrote it, pass KeyedVectors.load(path) to WordVectors.from_gensim; else its words "
    "and matrix to WordVectors(words, matrix).": (
        (
            rb"\x80[\x02-\x05]|c(?:__builtin__|builtins|copy_?reg|gensim|numpy)[\w.]*\n"
            rb"|\([dlt]p\d+\n",
            "a pickle",
        ),
    ),
    "Pass WordVectors(words, numpy.load(path)).": ((rb"\x93NUMPY", "an array of NumPy (.npy)"),),
    "Fetch the file with git lfs pull.": ((rb"version https://git-lfs", "a pointer of Git LFS"),),
    "Fetch the file with git annex get.": ((rb"\S*annex/objects/", "a pointer of git-annex"),),
    "If it is the table of a sentence encoder, pass its tokenizer's JSON file to WordVectors.read("
    "path, tokenizer=...); else load it with what wrote it, and pass its words and matrix to "
    "WordVectors(words, matrix).": ((rb".{4}\x00{4}\{\s*\"", "a file of safetensors"),),
    "Load it with what wrote it, and pass its words and matrix to WordVectors(words, matrix).": (
        (rb"\x89HDF\r\n", "a file of HDF5"),
        (rb"GGUF[\x01-\x1f]\x00", "a model of GGUF"),
        (rb"PAR1[^ -~]", "a file of Parquet"),
        (rb"ARROW1\x00|FEA1[^ -~]", "a file of Arrow or Feather"),
        (rb"SQLite format 3\x00", "a database of SQLite"),
        (rb"MATLAB [0-9.]+ MAT-file", "a file of MATLAB"),
        (rb"RD[AX][0-9]\n|[ABX]\n\x00\x00", "a file of R"),
        (rb"x[\x9c\xda]", "packed by zlib, as pickles of joblib are"),
        (_JSON, "JSON"),
        # members of a zip, as written below
        (rb"\x00zip [^/]+\.npy", "an archive of NumPy (.npz)"),
        (rb"\x00zip (.*/)?data\.pkl", "a model of PyTorch"),
        (rb"\x00zip (.*/)?model\.weights\.h5", "a model of Keras"),
    ),
    "It came in place of the file that was asked for; fetch that again.": (
        (_WEB, "a web page or XML"),
        (rb"%PDF-|\{\\rtf|\xd0\xcf\x11\xe0", "a document (PDF, RTF or Office)"),
        (rb"\x00zip \[Content_Types\]\.xml", "a document of Office"),
        (rb"\x89PNG\r|\xff\xd8\xff|GIF8[79]a", "a picture"),
        (rb"\x7fELF|MZ[\x00-\x1f\x80-\xff]", "a program"),
    ),
    "Unpack it first.": (
        (rb".{257}ustar", "an archive of tar"),
        (rb"\x28\xb5\x2f\xfd|\x04\x22\x4d\x18", "packed by zstd or lz4"),
        (rb"7z\xbc\xaf|Rar!\x1a|LZIP\x01|\x1f[\x9d\xa0]", "packed by 7-Zip, rar or lzip"),
    ),
    "Convert it to UTF-8.": (
        (
            rb"\xff\xfe|\xfe\xff|\x00\x00\xfe\xff|(?:[\t\n\r -~]\x00+){4}"
            rb"|(?:\x00+[\t\n\r -~]){4}",
            "text in UTF-16 or UTF-32, as the bytes of line 1 show",
        ),
    ),
}


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
    for hint, kinds in _KINDS.items():
        for pattern, kind in kinds:
            if re.match(pattern, sample[:2000], re.DOTALL):
                raise ValueError(
                    f"it is {kind}, expected lines of a word and its numbers, or word2vec's binary "
                    f"format. {hint}"
                )


def refuse_other_archives(names):
    """Raise the same if the names in a zip are those of something else."""
    for name in names:
        refuse_other_kinds(f"\0zip {name}".encode())
