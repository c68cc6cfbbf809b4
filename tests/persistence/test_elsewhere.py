"""Another process: the same bits by every way, and nothing touched but the file."""

import json
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
import skops.io

from sklearn_textnn import persistence

# What loading may not do, by the beginning of the names of Python's audit events.
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
    'Run an action; return what it did that it may not.'
    events, listening = [], [True]

    def listen(event, args):
        if not listening:
            return
        if event.startswith({FORBIDDEN}) or event == "open" and str(args[0]) != str(path):
            events.append(f"{{event}} {{args!r:.80}}")

    sys.addaudithook(listen)
    action()
    listening.clear()
    return events
"""

CHILD = """
import json, pickle
from pathlib import Path
import cloudpickle, joblib, numpy as np, skops.io
from sklearn_textnn import persistence

folder = Path(sys.argv[1])
texts = json.loads((folder / "texts.json").read_text())
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
    rows = texts if path.stem != "function" else np.eye(2)
    found[path.name] = pipeline.predict_proba(rows).tobytes().hex()
    if path.suffix == ".textnn":
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
    """Save every pipeline by every way; return what a fresh process made of the files."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "texts.json").write_text(json.dumps(texts))
    for example in fitted.names:
        for way, dump in WAYS.items():
            dump(fitted(example), folder / f"{example}.{way}")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    clf = network(create_model).fit(np.eye(2)[two], two)
    (folder / "function.cloudpickle").write_bytes(cloudpickle.dumps(clf))
    found = run(CHILD, folder)
    assert found.pop("function.cloudpickle") == clf.predict_proba(np.eye(2)).tobytes().hex()
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_fresh_process_predicts_the_same_bits(example, way, elsewhere, fitted, texts):
    expected = fitted(example).predict_proba(texts)
    assert elsewhere[f"{example}.{way}"] == expected.tobytes().hex()


def test_loading_touches_nothing_but_the_file(example, elsewhere):
    assert elsewhere["touched"][example] == []


# Without TensorFlow

LIGHT = """
import encodings.cp437  # zipfile's
import errno, json, os, resource, signal
from pathlib import Path
import numpy, sklearn.feature_extraction.text, sklearn.linear_model, sklearn.pipeline
from sklearn_textnn import persistence

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

# reading: with 64 MB to spend
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 64 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
try:
    numpy.zeros(100 * 2**20, dtype=numpy.uint8)
except MemoryError:
    found["limited"] = True
for path in sorted(folder.glob("*.textnn")):
    try:
        found[path.stem] = str(persistence.load(path).predict(["good"]).tolist())
    except Exception as error:
        found[path.stem] = type(error).__name__
print(json.dumps(found))
"""


def hostile_files(sound, members_of, zipped):
    """Yield names and bytes of small files that would like to be large."""
    members = members_of(sound)
    description, arrays = members["model.json"], members["arrays.safetensors"]

    def with_arrays(content):
        return zipped([("model.json", description), ("arrays.safetensors", content)])

    def with_text(content):
        return zipped([("model.json", content), ("arrays.safetensors", arrays)])

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


@pytest.fixture(scope="module")
def limited(fitted, members_of, zipped, tmp_path_factory):
    """Return what a process without TensorFlow, disk and memory made of good and bad files."""
    folder = tmp_path_factory.mktemp("limited")
    persistence.save(fitted("tf-idf"), folder / "sound.textnn")
    for name, content in hostile_files(folder / "sound.textnn", members_of, zipped):
        assert len(content) < 2_000_000
        (folder / f"{name}.textnn").write_bytes(content)
    return run(LIGHT, folder) | {"folder": folder}


def test_without_networks_nothing_heavy_is_imported(limited):
    assert limited["heavy"] == []


def test_the_first_loading_touches_nothing_but_the_file_either(limited):
    assert limited["touched"] == []
    assert len(limited["watched"]) == 1  # so it would have been seen


def test_a_disk_that_is_full_while_saving_leaves_the_old_file(limited):
    assert limited["full"] == "EFBIG"
    assert limited["intact"]
    assert limited["files"] == sorted(path.name for path in limited["folder"].iterdir())


def test_a_small_file_takes_little_memory_whatever_it_claims(limited, fitted):
    assert limited["limited"]
    names = {path.stem for path in limited["folder"].iterdir()} - {"sound"}
    assert {name: limited[name] for name in names} == dict.fromkeys(names, "ModelFormatError")
    assert len(names) == 8
    assert limited["sound"] == str(fitted("tf-idf").predict(["good"]).tolist())
