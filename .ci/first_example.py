"""Run the first block of Python of a README, with whatever package is installed."""

import re
import sys
from pathlib import Path

block = re.search(r"^```python\n(.*?)^```$", Path(sys.argv[1]).read_text(), flags=re.M | re.S)
names = {}
exec(block[1], names)
score = names["classifier"].score(names["texts"][150:], names["y"][150:])
module = sys.modules[names["text_classifier"].__module__]
print(f"{module.__file__} scores {score:.2f}")
