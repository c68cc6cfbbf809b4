"""Import of matplotlib, an optional dependency, and the colors of the displays."""

# Blue and vermilion of Okabe and Ito's palette (2008): distinct for color-blind readers, and in
# gray by their lightness.
BLUE, VERMILION, GRAY = "#0072B2", "#D55E00", "#767676"


def import_pyplot(caller):
    """Import matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{caller} needs matplotlib. Install it with: pip install 'sklearn_textnn[plot]'"
        ) from error
    return plt
