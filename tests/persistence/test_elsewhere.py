"""Loading in another process: equal bits, and no access to other files."""

import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import cloudpickle
import joblib
import keras
import numpy as np
import pytest
import safetensors.numpy
import skops.io
from sklearn.base import clone

from sklearn_textnn import persistence

pytestmark = pytest.mark.slow

# What loading may not do, as prefixes of Python's audit events.
FORBIDDEN = (
    "compile",
    "ctypes",
    "exec",
    "import",
    "os.",
    "pickle",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "urllib",
    "webbrowser",
)

WATCH = f"""
import sys

def watched(action, path):
    'Run an action and block what it may not do; return what that was, and how it ended.'
    events, listening = [], [True]

    def listen(event, args):
        if not listening:
            return
        if event.startswith({FORBIDDEN}) or event == "open" and str(args[0]) != str(path):
            events.append(f"{{event}} {{args!r:.80}}")
            raise PermissionError(event)

    sys.addaudithook(listen)
    try:
        action()
        outcome = "done"
    except Exception as error:
        outcome = type(error).__name__
    listening.clear()
    return events, outcome

def limited(n_bytes):
    'Let the process have so many bytes more; return whether that holds.'
    import resource
    from pathlib import Path

    import numpy

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + n_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        numpy.zeros(n_bytes + n_bytes // 2, dtype=numpy.uint8)
    except MemoryError:
        return True
"""

CHILD = """
TRAINED = ["unfitted tf-idf", "unfitted pooled vectors", "unfitted pooling"]
import json, pickle
from pathlib import Path
import cloudpickle, joblib, numpy as np, skops.io
from sklearn_textnn import persistence

folder = Path(sys.argv[1])
texts, two = json.loads((folder / "texts.json").read_text())
loaders = {
    "textnn": persistence.load,
    "pickle": lambda path: pickle.loads(path.read_bytes()),
    "joblib": joblib.load,
    "cloudpickle": lambda path: pickle.loads(path.read_bytes()),
    "skops": lambda path: skops.io.load(path, trusted=persistence.SKOPS_TRUSTED),
}
found = {"touched": {}}
for path in sorted(folder.glob("*.*")):
    if path.suffix[1:] not in loaders:
        continue
    pipeline = loaders[path.suffix[1:]](path)
    if path.stem.startswith("unfitted "):
        persistence.save(pipeline, path.with_suffix(".again"), embed_vectors=True)
        found[path.name] = path.with_suffix(".again").read_bytes().hex()
        if path.stem in TRAINED:
            predicted = pipeline.fit(texts, two).predict_proba(texts)
            found[f"{path.name} fitted"] = predicted.tobytes().hex()
        continue
    rows = texts if path.stem != "function" else np.eye(2)
    found[path.name] = pipeline.predict_proba(rows).tobytes().hex()
    if path.suffix == ".textnn":
        # what was blocked may have been caught inside
        found["touched"][path.stem] = watched(lambda: persistence.load(path), path)
print(json.dumps(found))
"""


def run(code, *args):
    """Run code in a fresh interpreter; what it prints last is JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", WATCH + code, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def create_model(meta):
    layers = [keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(layers)


WAYS = {
    "textnn": lambda thing, path: persistence.save(thing, path, embed_vectors=True),
    "pickle": lambda thing, path: path.write_bytes(pickle.dumps(thing)),
    "joblib": joblib.dump,
    "cloudpickle": lambda thing, path: path.write_bytes(cloudpickle.dumps(thing)),
    "skops": skops.io.dump,
}


@pytest.fixture(scope="module")
def elsewhere(fitted, network, texts, two, tmp_path_factory):
    """Save every pipeline in every way; return what a new process gets from the files."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "texts.json").write_text(json.dumps([texts, two.tolist()]))
    for example in fitted.names:
        for way, dump in WAYS.items():
            dump(fitted(example), folder / f"{example}.{way}")
            dump(clone(fitted(example)), folder / f"unfitted {example}.{way}")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    clf = network(create_model).fit(np.eye(2)[two], two)
    (folder / "function.cloudpickle").write_bytes(cloudpickle.dumps(clf))
    found = run(CHILD, folder)
    found["folder"] = folder
    assert found.pop("function.cloudpickle") == clf.predict_proba(np.eye(2)).tobytes().hex()
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_fresh_process_predicts_the_same_bits(example, way, elsewhere, fitted, texts):
    expected = fitted(example).predict_proba(texts)
    assert elsewhere[f"{example}.{way}"] == expected.tobytes().hex()


@pytest.mark.parametrize("way", WAYS)
def test_an_unfitted_pipeline_is_loaded_equal_in_a_new_process(example, way, elsewhere):
    """Equal pipelines give equal files."""
    expected = (elsewhere["folder"] / f"unfitted {example}.textnn").read_bytes()
    assert elsewhere[f"unfitted {example}.{way}"] == expected.hex()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", ["tf-idf", "pooled vectors", "pooling"])
def test_an_unfitted_pipeline_trains_the_same_in_a_new_process(
    source, way, elsewhere, fitted, texts
):
    expected = fitted(source).predict_proba(texts)
    assert elsewhere[f"unfitted {source}.{way} fitted"] == expected.tobytes().hex()


def test_loading_accesses_only_the_file(example, elsewhere):
    assert elsewhere["touched"][example] == [[], "done"]


FORK = """
import json, os, pickle
from pathlib import Path
from sklearn_textnn import persistence

folder, found = Path(sys.argv[1]), {}
models = {
    "textnn": persistence.load(folder / "pooling.textnn"),
    "pickle": pickle.loads((folder / "pooling.pickle").read_bytes()),
}
texts, _ = json.loads((folder / "texts.json").read_text())
for way, model in models.items():
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, model.predict_proba(texts).tobytes())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        found[way] = pipe.read().hex()
    os.wait()
print(json.dumps(found))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_predicts_with_a_loaded_pipeline(elsewhere, fitted, texts):
    """Loading does not start TensorFlow, which would not work in a fork."""
    expected = fitted("pooling").predict_proba(texts).tobytes().hex()
    assert run(FORK, elsewhere["folder"]) == {"textnn": expected, "pickle": expected}


# Without TensorFlow

LIGHT = """
import encodings.cp437  # zipfile's
import errno, json, os, resource, signal
from pathlib import Path
import sklearn.feature_extraction.text, sklearn.linear_model, sklearn.pipeline
from sklearn_textnn import embeddings, persistence, preprocessing

folder, found = Path(sys.argv[1]), {}
sound = folder / "sound.textnn"
found["touched"] = watched(lambda: persistence.load(sound), sound)
found["watched"] = watched(lambda: open(os.devnull).close(), sound)
pipeline = persistence.load(sound)
found["heavy"] = [name for name in ("keras", "tensorflow", "scikeras") if name in sys.modules]

# writing: the disk is full after 1000 bytes
before = sound.read_bytes()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, unlimited[1]))
try:
    persistence.save(pipeline, sound)
except OSError as error:
    found["full"] = errno.errorcode[error.errno]
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
found["intact"] = sound.read_bytes() == before
found["files"] = sorted(path.name for path in folder.iterdir())

# reading with a limit of 64 MB, and with accesses blocked that loading does not need
found["limited"] = limited(64 * 2**20)
for path in sorted(folder.glob("*.textnn")):
    found[path.stem] = watched(lambda: persistence.load(path), path)
found["prediction"] = str(persistence.load(sound).predict(["good"]).tolist())
print(json.dumps(found))
"""


def hostile_files(sound, members_of, zipped):
    """Yield names and bytes of small files that claim large sizes."""
    members = members_of(sound)
    description, arrays_of_file = members["model.json"], members["arrays.safetensors"]

    def with_arrays(content):
        return zipped([("model.json", description), ("arrays.safetensors", content)])

    def with_text(content):
        return zipped([("model.json", content), ("arrays.safetensors", arrays_of_file)])

    zeros = [("model.json", description), ("arrays.safetensors", bytes(120 * 2**20))]
    yield "bomb", zipped(zeros, zipfile.ZIP_DEFLATED)
    yield "bomb of text", zipped([("model.json", bytes(120 * 2**20))], zipfile.ZIP_DEFLATED)
    content = sound.read_bytes()
    central = content.index(b"PK\x01\x02") + 20
    claim = struct.pack("<LL", 2**32 - 2, 2**32 - 2)
    yield "claimed size", content[:central] + claim + content[central + 8 :]
    end = content.index(b"PK\x05\x06") + 12
    yield "claimed directory", content[:end] + struct.pack("<L", 2**31) + content[end + 4 :]
    yield "claimed header", with_arrays(struct.pack("<Q", 2**40) + b"{}")
    shape = b'{"0":{"dtype":"F64","shape":[1099511627776],"data_offsets":[0,8796093022208]}}'
    yield "claimed array", with_arrays(struct.pack("<Q", len(shape)) + shape)
    yield "deep", with_text(b'[{"a":' * 200_000)
    wide = json.loads(description)
    wide["model"]["params"]["steps"][-1]["items"][1]["fitted"]["n_features_in_"] = 10**12
    yield "wide", with_text(json.dumps(wide).encode())

    def with_param(value, **arrays):
        """Change a parameter; add arrays and vectors of no words."""
        changed = json.loads(description)
        changed["model"]["params"]["steps"][0]["items"][1]["params"]["lowercase"] = value
        content = safetensors.numpy.save(safetensors.numpy.load(arrays_of_file) | arrays)
        text = json.dumps(changed).encode()
        return zipped([("model.json", text), ("arrays.safetensors", content)])

    text = {"type": "array", "name": "text", "layout": "text"}
    letters = np.full((1, 100_000), ord("a"), dtype=np.uint32)
    yield "repeated text", with_param([text] * 4000, text=letters)
    numbers = [k * (2**61 - 1) for k in range(50_000)]
    yield "one hash", with_param({"type": "set", "items": numbers})
    empty = {"type": "array", "name": "empty", "layout": "C"}
    yield "empty", with_param(empty, empty=np.zeros((0, 2**31), dtype=np.float32))
    yield "nested", with_param([[[[[[[[[[1]]]]]]]]]])
    parts = {"params": {}, "fitted": {}, "settings": {}}
    yield "module", with_param({"type": "estimator", "class": "os.system"} | parts)
    yield "code", with_param({"type": "function", "module": "os", "name": "system"})


@pytest.fixture(scope="module")
def limited(fitted, members_of, zipped, tmp_path_factory):
    """Return the results of a process without TensorFlow and with limited disk and memory."""
    folder = tmp_path_factory.mktemp("limited")
    persistence.save(fitted("tf-idf"), folder / "sound.textnn")
    for name, content in hostile_files(folder / "sound.textnn", members_of, zipped):
        assert len(content) < 2_000_000
        (folder / f"{name}.textnn").write_bytes(content)
    return run(LIGHT, folder) | {"folder": folder}


def test_loading_without_networks_imports_nothing_heavy(limited):
    assert limited["heavy"] == []


def test_the_first_load_accesses_only_the_file(limited):
    assert limited["touched"] == [[], "done"]
    events, outcome = limited["watched"]  # so the first load would have been recorded
    assert len(events) == 1
    assert outcome == "PermissionError"


def test_a_full_disk_while_saving_leaves_the_old_file(limited):
    assert limited["full"] == "EFBIG"
    assert limited["intact"]
    assert limited["files"] == sorted(path.name for path in limited["folder"].iterdir())


REFUSED = [[], "ModelFormatError"]


def test_a_small_file_takes_little_memory(limited, fitted):
    assert limited["limited"]
    names = {path.stem for path in limited["folder"].iterdir()} - {"sound"}
    assert {name: limited[name] for name in names} == dict.fromkeys(names, REFUSED)
    assert len(names) == 14
    assert limited["sound"] == [[], "done"]
    assert limited["prediction"] == str(fitted("tf-idf").predict(["good"]).tolist())


# With TensorFlow

HEAVY = """
import json
from pathlib import Path
import sklearn.feature_extraction.text  # the table's classes are imported when a file has them
from sklearn_textnn import persistence

folder, found = Path(sys.argv[1]), {}
sound = folder / "sound.textnn"
persistence.load(sound)
found["limited"] = limited(256 * 2**20)
for path in sorted(folder.glob("*.textnn")):
    found[path.stem] = watched(lambda: persistence.load(path), path)
print(json.dumps(found))
"""


def of_fit(classifier):
    return classifier["fitted"]["_fitted"]["fields"]


def test_a_forged_network_takes_little_memory_and_accesses_no_file(
    saved, forge, members_of, zipped, tmp_path
):
    def with_params(**params):
        return lambda clf: of_fit(clf)["network"]["params"].update(params)

    def with_spec(**fields):
        return lambda clf: of_fit(clf)["spec"]["fields"].update(fields)

    def with_object(clf):
        path = {"module": "keras.layers", "class_name": "TFSMLayer", "config": "/etc"}
        node = {"type": "dict", "keys": [*path], "values": [*path.values()]}
        clf["params"]["optimizer__learning_rate"] = node

    folder = tmp_path / "forged"
    folder.mkdir()
    content = saved("pooling").read_bytes()
    (folder / "sound.textnn").write_bytes(content)
    changes = {
        "units": with_params(units=10**9),
        "vectors": with_params(embedding_dim=2**31 - 1),
        "parts": with_params(pooling=["max"] * 10_000),
        "tokens": with_spec(n_tokens=2**31 - 1),
        "outputs": with_spec(n_outputs=2**31 - 1),
        "object": with_object,
        "module": with_params(activation="os.system"),
        "model": lambda clf: clf["params"].update(model={"type": "number type", "name": "bool"}),
    }
    for name, change in changes.items():
        path = folder / f"{name}.textnn"
        path.write_bytes(content)
        forge(path, change, of="KerasTextClassifier")
    path = folder / "layers.textnn"
    path.write_bytes(with_one_array_for_all_layers(saved("dense"), forge, members_of, zipped))
    assert path.stat().st_size < 2_000_000
    found = run(HEAVY, folder)
    assert found.pop("limited")
    refused = dict.fromkeys([*changes, "layers"], REFUSED)
    assert found == refused | {"sound": [[], "done"]}


def with_one_array_for_all_layers(path, forge, members_of, zipped):
    """Make a file of 1.5 MB of a network that would take 300."""
    shapes = {"first": (8, 600), "bias": (600,), "between": (600, 600), "last": (600, 1)}
    arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}

    def change(classifier):
        fitted = of_fit(classifier)
        fitted["network"]["params"]["units"] = [600] * 200
        weights = fitted["state"]["fields"]["weights"]["items"]
        first, bias, between, last = ({"type": "array", "name": k, "layout": "C"} for k in arrays)
        weights[:-1] = [first, *[bias, between] * 199, bias, last]

    members = members_of(forge(path, change, of="KerasTextClassifier"))
    arrays |= safetensors.numpy.load(members["arrays.safetensors"])
    members["arrays.safetensors"] = safetensors.numpy.save(arrays)
    return zipped(members.items())
