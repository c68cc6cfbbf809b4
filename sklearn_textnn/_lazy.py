"""Names of a package that are imported when they are first used (PEP 562)."""

from importlib import import_module


def attach(package, homes):
    """Make the module functions that import names lazily.

    Parameters
    ----------
    package : str
        Name of the package.
    homes : dict of str to str
        The module of the package that each name is in, with a dot in front where it stands beside
        the package; "" where the name is a module itself.

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
