"""Write the type stubs of the package from its docstrings: ``make stubs``.

Types are stated once, in numpydoc's words. Here they become annotations, in an ``__init__.pyi`` for
each public subpackage, which type checkers and editors read; a test holds the two to each other.
"""

import inspect
import re
import subprocess
import sys
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

from numpydoc.docscrape import NumpyDocString

import sklearn_textnn

PACKAGE = "sklearn_textnn"
HEAD = """# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self

import keras
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

"""
# Words of the docstrings, at the start of a part between commas and "or"; the first that fits.
ANNOTATIONS = {
    "distributed.Client": "Any",  # an optional package
    "tokenizers.Tokenizer": "Any",
    "Self": "Self",
    r"None": "None",
    r"bool": "bool",
    r"int": "int",
    r"float": "float",
    r"str": "str",
    r"bytes": "bytes",
    r"path": "str | PathLike[str]",
    r"ndarray|numpy array": "NDArray[Any]",
    r"numpy dtype": "np.dtype[Any]",
    r"array-like": "ArrayLike",
    r"sparse matrix|CSR|MetadataRouter": "Any",
    r"list of \(str, float\)": "list[tuple[str, float]]",
    r"list of \(str, tuple": "list[tuple[str, tuple[int, ...]]]",
    r"list of \(str, estimator\)": "list[tuple[str, Any]]",
    r"list of \(int, int\)": "list[tuple[int, int]]",
    r"list of list": "list[list[tuple[int, int]]]",
    r"list of str": "list[str]",
    r"list of ndarray": "list[NDArray[Any]]",
    r"list of dict": "list[dict[Any, Any]]",
    r"list": "list[Any]",
    r"dict of str to int": "dict[str, int]",
    r"dict of str to str": "dict[str, str]",
    r"dict of str to Pipeline": "dict[str, Pipeline]",
    r"dict of str": "Mapping[str, Any]",
    r"dict": "dict[Any, Any]",
    r"tuple of int": "tuple[int, ...]",
    r"tuple of str": "tuple[str, ...]",
    r"tuple": "tuple[Any, ...]",
    r"iterator": "Iterator[Any]",
    r"iterable of str": "Iterable[str | bytes]",
    r"iterable": "Iterable[Any]",
    r"sequence of str": "Sequence[str]",
    r"sequence": "Sequence[Any]",
    r"callable|splitter": "Callable[..., Any]",
    r"type|class": "type",
    r"Path": "Path",
    r"DataFrame": "pd.DataFrame",
    r"Series": "pd.Series[Any]",
    r"pandas\.Index": "pd.Index[Any]",
    r"keras\.Model": "keras.Model",
    r"Pipeline": "Pipeline",
    r"(other )?estimator|classifier|transformer|\w+SearchCV|a halving search": "BaseEstimator",
    # what has no types of its own, or too many
    r"object|like [Xy]|Coverage|FlatIds|RandomState|both|either|these": "Any",
    r"(keras|gensim|pytest)\.[\w.]+|matplotlib|:class:`~sklearn\.utils\.Bunch`": "Any",
}


class UnknownTypeError(ValueError):
    """A docstring states a type in words that `ANNOTATIONS` has no annotation for."""


def main():
    """Write the stubs; with --check only compare, and end with an error where they differ."""
    folder = Path(sklearn_textnn.__file__).parent
    stale = []
    for path, text in stubs().items():
        file = folder / path
        if "--check" not in sys.argv:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(path)
    if stale:
        sys.exit(f"The stubs are not those of the docstrings, run `make stubs`: {stale}")


def stubs():
    """Return the text of each stub file by its path within the package."""
    own = sorted(
        {name for subpackage in sklearn_textnn._SUBPACKAGES for name in classes_of(subpackage)}
    )
    files = {
        f"{subpackage}/__init__.pyi": stub_of(subpackage, own)
        for subpackage in sklearn_textnn._SUBPACKAGES
    }
    lines = [
        f"from . import {subpackage} as {subpackage}"
        for subpackage in sorted(sklearn_textnn._SUBPACKAGES)
    ]
    homes = sorted(sklearn_textnn._HOMES.items())
    lines += [f"from .{subpackage} import {name} as {name}" for name, subpackage in homes]
    version = ["", "__version__: str", ""]
    files["__init__.pyi"] = "\n".join([HEAD.splitlines()[0], *lines, *version])
    return {path: formatted(text) for path, text in files.items()}


def formatted(text):
    """Drop imports that are not needed, and break lines as everywhere in the project."""
    for command in ("check --select I,F401,RUF022 --fix --quiet", "format"):
        ruff = [sys.executable, "-m", "ruff", *command.split(), "--stdin-filename", "x.pyi", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def classes_of(subpackage):
    """Return the public classes of a subpackage by name."""
    module = import_module(f"{PACKAGE}.{subpackage}")
    return {n: getattr(module, n) for n in module.__all__ if inspect.isclass(getattr(module, n))}


def stub_of(subpackage, own):
    """Return the stub of a subpackage."""
    module = import_module(f"{PACKAGE}.{subpackage}")
    body = [definition(name, getattr(module, name), own) for name in module.__all__]
    body = "\n".join(body)
    others = [
        f"from ..{other} import {', '.join(classes)}"
        for other in sklearn_textnn._SUBPACKAGES
        if other != subpackage and (classes := classes_of(other))
    ]
    listed = "".join(f'    "{name}",\n' for name in module.__all__)
    return "\n".join([HEAD, *others, f"\n__all__ = [\n{listed}]\n", body])


def definition(name, thing, own):
    """Return the stub of a class, a function or a value."""
    if inspect.isclass(thing):
        return class_stub(name, thing, own)
    if inspect.isfunction(thing):
        return function_stub(name, thing, NumpyDocString(inspect.getdoc(thing)), own, "")
    return f"{name}: {type(thing).__name__}[str]\n"


def class_stub(name, cls, own):
    """Return the stub of a class: its parameters, attributes and methods."""
    page = NumpyDocString(inspect.getdoc(cls))
    base = next((b for b in cls.__mro__[1:] if b.__name__ in own), None)
    if base:
        bases = [base.__name__]
    elif hasattr(cls, "get_params"):
        bases = ["BaseEstimator"]
    elif cls.__module__.endswith("_lazy_adam"):
        bases = ["keras.optimizers.Optimizer"]
    else:
        bases = [b.__name__ for b in cls.__bases__ if issubclass(b, Exception)]
    lines = [f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"]
    fields = _parameters(page, own, "Attributes")
    if not issubclass(cls, Exception):
        fields = _parameters(page, own) | fields
    fields = {name: kind for name, kind in fields.items() if name.isidentifier()}
    for field, kind in fields.items():
        default = getattr(inspect.signature(cls).parameters.get(field), "default", "")
        lines.append(f"    {field}: {_with_none(kind) if default is None else kind}")
    if page["Parameters"] or is_dataclass(cls):
        lines.append(function_stub("__init__", cls.__init__, page, own, "    ", returns="None"))
    for method, value in _members(cls):
        function = getattr(value, "__func__", value)
        if (base and hasattr(base, method)) or "keras.optimizers.Optimizer" in bases:
            continue  # as there
        doc = inspect.getdoc(getattr(cls, method)) or "Return nothing."
        if isinstance(value, property):
            if method not in fields:
                returned = NumpyDocString(value.__doc__ or "")["Returns"]
                kind = annotation(returned[0].type, own) if returned else "Any"
                lines.append(f"    @property\n    def {method}(self) -> {kind}: ...")
            continue
        if isinstance(value, (classmethod, staticmethod)):
            lines.append(f"    @{type(value).__name__}")
        if inspect.isfunction(function):
            lines.append(function_stub(method, function, NumpyDocString(doc), own, "    "))
    return "\n".join([*lines, "    ..." if len(lines) == 1 else ""]) + "\n"


def _members(cls):
    """Return the public methods and properties that a class or a private base of it defines."""
    found = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith(PACKAGE):
            found |= {k: v for k, v in vars(base).items() if not k.startswith("_")}
    kinds = (property, classmethod, staticmethod)
    return sorted((k, v) for k, v in found.items() if isinstance(v, kinds) or inspect.isfunction(v))


def function_stub(name, function, page, own, indent, returns=None):
    """Return one line: the signature with the types of the docstring."""
    types = _parameters(page, own)
    parts, seen_star = [], False
    for i, parameter in enumerate(inspect.signature(function).parameters.values()):
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_star:
            parts.append("*")
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        seen_star |= star == "*" or parameter.kind is parameter.KEYWORD_ONLY
        if i == 0 and indent and parameter.name in ("self", "cls"):
            parts.append(parameter.name)
            continue
        kind = "Any" if star else types.get(parameter.name, "Any")
        has_default = parameter.default is not parameter.empty
        kind = _with_none(kind) if parameter.default is None else kind
        parts.append(f"{star}{parameter.name}: {kind}" + (" = ..." if has_default else ""))
    if returns is None:
        found = page["Returns"] or page["Yields"]
        returned = [annotation(item.type or item.name, own) for item in found]
        says_so = " ".join(page["Summary"]).startswith("Return")
        returns = " | ".join(dict.fromkeys(returned)) or ("Any" if says_so else "None")
    return f"{indent}def {name}({', '.join(parts)}) -> {returns}: ..."


def _with_none(kind):
    return kind if re.search(r"\bNone$|\bAny$", kind) else f"{kind} | None"


def _parameters(page, own, section="Parameters"):
    return {
        name.strip(): annotation(item.type, own)
        for item in page[section]
        for name in item.name.split(",")
    }


def annotation(words, own):
    """Return the annotation for a type in the words of a docstring."""
    words = re.sub(r",? ?default=.*|,? optional$", "", words)
    words = re.sub(r" if `.*", "", words)
    words = words.replace("iterable of str or bytes", "iterable of str")
    chosen = re.match(r"\{(.*?)\}", words)
    found = []
    if chosen:
        found.append(f"Literal[{chosen[1]}]")
        words = words[chosen.end() :]
    words = re.sub(r",? of (shape|length) (\(.*?\)|\S+)| in \(.*?\]", "", words)
    words = re.sub(r"(?<=iterable) of \(.*\)| or \([^()]*\)", "", words)
    for part in re.split(r",\s+or\s+|\s+or\s+|,\s+(?![^(]*\))", words):
        part = part.strip()
        if part:
            found.append(_annotation_of(part, own))
    return " | ".join(dict.fromkeys(" | ".join(found).split(" | "))) or "Any"


def _annotation_of(part, own):
    if re.fullmatch(r"\"[^\"]*\"|'[^']*'", part):
        return f"Literal[{part}]"
    first = re.match(r"\w+", part)
    if first and first[0] in own:
        return first[0]
    item = re.fullmatch(r"list of (\w+)", part)
    if item and item[1] in own:
        return f"list[{item[1]}]"
    for words, kind in ANNOTATIONS.items():
        if re.match(rf"(?:{words})(?!\w)", part):
            return kind
    raise UnknownTypeError(f"No annotation for {part!r}; add it to ANNOTATIONS in .ci/stubs.py")


if __name__ == "__main__":
    main()
