"""Docstrings agree with signatures."""

import ast
import dataclasses
import inspect
import re
from importlib import import_module

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc, NumpyDocString

import sklearn_textnn

SECTIONS = NumpyDocString.sections
DESCRIPTORS = (classmethod, staticmethod)


def public_objects():
    """Every public class and function by its dotted name."""
    found = {}
    for subpackage in sklearn_textnn._SUBPACKAGES:
        module = import_module(f"sklearn_textnn.{subpackage}")
        found |= {f"{subpackage}.{name}": getattr(module, name) for name in module.__all__}
    return {name: thing for name, thing in found.items() if callable(thing)}  # the rest is data


OBJECTS = public_objects()
CLASSES = {name: obj for name, obj in OBJECTS.items() if inspect.isclass(obj)}
FUNCTIONS = {name: obj for name, obj in OBJECTS.items() if not inspect.isclass(obj)}


def is_ours(obj):
    return (getattr(obj, "__module__", None) or "").startswith("sklearn_textnn")


def own_members(cls):
    """Return the public attributes that this package defines in a class or its base classes."""
    members = {}
    for base in reversed(cls.__mro__):
        if is_ours(base):
            members |= {n: value for n, value in vars(base).items() if not n.startswith("_")}
    return members


def methods():
    for name, cls in CLASSES.items():
        for method, value in own_members(cls).items():
            function = value.__func__ if isinstance(value, DESCRIPTORS) else value
            if inspect.isfunction(function) and is_ours(function):
                yield f"{name}.{method}", (cls, function)


METHODS = dict(methods())


def signature_of(obj):
    """Parameters without `self` or `cls`, as (name, default); ``*`` and ``**`` as documented."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return {
        stars.get(p.kind, "") + p.name: p.default
        for p in inspect.signature(obj).parameters.values()
        if p.name not in ("self", "cls")
    }


def documented(doc):
    """The Parameters section as name -> (type, stated default).

    ``X, y`` stands for both, and so does ``a, b : int, default=1, 2`` with a default for each.
    """
    found = {}
    for entry in doc["Parameters"]:
        names = [name.strip() for name in entry.name.split(",")]
        kind, _, stated = entry.type.partition("default=")
        defaults = stated.split(",") if len(names) > 1 and "," in stated else [stated] * len(names)
        found |= {
            name: (kind.strip(), default.strip())
            for name, default in zip(names, defaults, strict=True)
        }
    return found


def check_parameters(doc, signature):
    types = documented(doc)
    assert list(types) == list(signature)
    for name, default in signature.items():
        kind, stated = types[name]
        if default is inspect.Parameter.empty:
            assert not stated, f"{name} has no default, the docstring says {stated}"
        elif kind in ("None", "") and default is None:
            continue  # `y : None`, ignored, or "X, y" as in another method
        else:
            assert stated, f"{name}: default={default!r} is not stated"
            if default is np.nan:
                assert stated == "nan"
                continue
            rendered = stated.replace(r"\\", "\\")  # what Sphinx makes of an escaped backslash
            values = [ast.literal_eval(text) for text in (stated, rendered)]
            assert default in values, f"{name}: {stated} is not {default!r}"


def refers_to_a_documented_one(cls, function):
    """Return whether Keras has the full docstring, or a base of ours with the same signature."""
    for base in cls.__mro__[1:]:
        other = vars(base).get(function.__name__)
        if other is not None and base.__module__.startswith("keras."):
            return True  # called by Keras, not by users
        other = getattr(other, "__func__", other)  # of a method of the class
        if is_ours(base) and inspect.isfunction(other):
            doc = FunctionDoc(other)
            if doc["Parameters"] or doc["Returns"]:
                return inspect.signature(other) == inspect.signature(function)
    return False


def check_summary(doc):
    summary = " ".join(doc["Summary"])
    assert summary, "no summary"
    assert len(doc["Summary"]) == 1, f"the summary takes {len(doc['Summary'])} lines: {summary}"
    assert summary[0].isupper() or summary[0] in "`(", summary
    assert summary.endswith("."), summary


@pytest.mark.parametrize("name", OBJECTS)
def test_a_docstring_has_a_one_line_summary_and_an_example(name):
    doc = NumpyDocString(inspect.getdoc(OBJECTS[name]))
    check_summary(doc)
    assert any(line.startswith(">>> ") for line in doc["Examples"]), "no example"


@pytest.mark.parametrize("name", OBJECTS)
def test_the_parameters_of_a_docstring_are_those_of_the_signature(name):
    obj = OBJECTS[name]
    doc = ClassDoc(obj) if inspect.isclass(obj) else FunctionDoc(obj)
    own_init = inspect.isclass(obj) and (
        dataclasses.is_dataclass(obj) or any("__init__" in vars(b) for b in obj.__mro__[:-1])
    )
    check_parameters(doc, signature_of(obj) if own_init or name in FUNCTIONS else {})


@pytest.mark.parametrize("name", METHODS)
def test_the_docstring_of_a_method_agrees_with_its_signature(name):
    cls, method = METHODS[name]
    doc = FunctionDoc(method)
    check_summary(doc)
    if not doc["Parameters"] and refers_to_a_documented_one(cls, method):
        return
    check_parameters(doc, signature_of(method))


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_return_values_are_described(name):
    """Whatever has a return statement with a value has a Returns section."""
    function = FUNCTIONS[name] if name in FUNCTIONS else METHODS[name][1]
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(inspect.unwrap(function))))
    nested = {
        node
        for inner in ast.walk(tree)
        if isinstance(inner, (ast.FunctionDef, ast.Lambda)) and inner is not tree.body[0]
        for node in ast.walk(inner)
    }
    returns = any(
        isinstance(node, ast.Return) and node.value is not None and node not in nested
        for node in ast.walk(tree)
    )
    if getattr(function, "__isabstractmethod__", False) or "NotImplementedError" in ast.dump(tree):
        return
    if name in METHODS and refers_to_a_documented_one(*METHODS[name]):
        return
    assert bool(FunctionDoc(function)["Returns"]) == returns


@pytest.mark.parametrize("name", CLASSES)
def test_a_property_is_described(name):
    """By its docstring or in the Attributes of its class."""
    cls = CLASSES[name]
    listed = {n.strip() for entry in ClassDoc(cls)["Attributes"] for n in entry.name.split(",")}
    properties = {n: v for n, v in own_members(cls).items() if isinstance(v, property)}
    assert not [n for n, v in properties.items() if not v.__doc__ and n not in listed]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_docstring_has_no_section_that_numpydoc_does_not_know(name):
    """A misspelled heading would be read as text."""
    text = inspect.getdoc(OBJECTS[name])
    headings = re.findall(r"^(\w[\w ]*)\n-{3,}$", text, flags=re.MULTILINE)
    assert set(headings) <= set(SECTIONS)


# The checks above can fail.


@pytest.mark.parametrize(
    "text",
    [
        "Do.\n\nParameters\n----------\nb : int, default=1\n    B.\na : int\n    A.",
        "Do.\n\nParameters\n----------\na : int\n    A.",
        "Do.\n\nParameters\n----------\na : int\n    A.\nb : int, default=2\n    B.",
        "Do.\n\nParameters\n----------\na : int\n    A.\nb : int\n    B.",
        "Do.\n\nParameters\n----------\na : int, default=1\n    A.\nb : int, default=1\n    B.",
        "Do.",
    ],
    ids=["order", "missing", "other default", "no default", "too many defaults", "no section"],
)
def test_a_wrong_docstring_is_found(text):
    def function(a, b=1):
        pass

    with pytest.raises(AssertionError):
        check_parameters(NumpyDocString(text), signature_of(function))
