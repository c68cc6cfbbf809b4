"""Files of earlier releases can be loaded; see make_fixtures.py."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sklearn_textnn import persistence
from sklearn_textnn.persistence._container import VERSION

FOLDER = Path(__file__).parent / "fixtures"
FILES = sorted(FOLDER.glob("*.textnn"))
NOTES = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
V1 = """
ConvolutionalNetwork CountVectorizer Coverage DenseNetwork FlattenNetwork GloVeEmbedder
KerasTextClassifier KerasTokenizerTransformer LogisticRegression Lookup NetworkSpec PadTransformer
Pipeline PoolingNetwork State Targets TfidfTransformer TfidfVectorizer Vocabulary
"""
V2 = """
BinaryHead ColumnTransformer ConvolutionalNetwork CountVectorizer Coverage DenseNetwork FeatureUnion
Fitted FlattenNetwork FunctionTransformer GloVeEmbedder HashingVectorizer KerasTextClassifier
KerasTokenizerTransformer LogisticRegression Lookup ModelState MulticlassHead MultilabelHead
NetworkSpec PadTransformer Pipeline PoolingNetwork TfidfTransformer TfidfVectorizer Vocabulary
"""
CLASSES = {  # that a file of each version can hold
    1: V1.split(),
    2: V2.split(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_an_earlier_release_predicts_the_same(path):
    notes = next(notes for notes in NOTES if path.name in notes["probabilities"])
    pipeline = persistence.load(path)
    expected = notes["probabilities"][path.name]
    # float32; another version of Keras or numpy may add in another order
    np.testing.assert_allclose(pipeline.predict_proba(notes["texts"]), expected, atol=1e-6)


def test_every_version_has_its_files(members_of):
    for version in range(1, VERSION + 1):
        files = [path for path in FILES if path.name.startswith(f"v{version}-")]
        assert files, f"run make_fixtures.py before version {version} is released"
        text = "".join(members_of(path)["model.json"].decode() for path in files)
        missing = {key for key in CLASSES[version] if f'"class":"{key}"' not in text}
        assert missing == set()
        assert '"matrix"' in text
        assert re.search('"slots":({"type":"tuple","items":)?\\[{', text)
        assert sum(path.stat().st_size for path in files) < 200_000
