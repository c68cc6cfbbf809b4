"""Print what the package asks for, without some of it: an environment that lacks TensorFlow."""

import argparse
import re
import tomllib
from pathlib import Path


def main():
    """Print one requirement a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", action="append", default=[], help="name to leave out")
    parser.add_argument("--extra", action="append", default=[], help="optional dependencies")
    options = parser.parse_args()
    path = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in options.extra:
        wanted += project["optional-dependencies"][extra]
    for line in wanted:
        name = re.match(r"[\w-]+", line)[0]
        if name not in {*options.without, project["name"]}:
            print(line)


if __name__ == "__main__":
    main()
