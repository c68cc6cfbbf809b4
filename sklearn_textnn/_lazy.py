"""Lazy imports of the names of a package (PEP 562)."""

from importlib import import_module


def attach(package, homes):
    """Return the module functions that import names lazily.

    Parameters
    ----------
    package : str
        The name of the package.
    homes : dict of str to str
        The module of each name, relative to the package, with a dot in front for a sibling of the
        package; "" if the name is a module itself.

    Returns
    -------
    tuple of function
        ``__getattr__`` and ``__dir__`` for the package.
    """

    def getattribute(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f".{homes[name] or name}", package)
        return getattr(module, name) if homes[name] else module

    def names():
        return sorted({*vars(import_module(package)), *homes})

    return getattribute, names
