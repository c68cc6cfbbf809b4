import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "words_to_numbers.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("words_to_numbers", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def output_of(script, capsys):
    script.main([])
    return capsys.readouterr().out


def row_of(matrix, label):
    """Return the numbers of the line that starts with a label."""
    (line,) = [line for line in matrix.splitlines() if line.startswith(label)]
    return [int(number) for number in line.removeprefix(label).split()]


@pytest.fixture
def parts(script, capsys):
    """Return the printed parts on counts, one-hot vectors and ids."""
    out = output_of(script, capsys)
    before, counts = out.split("\n1. ")
    counts, one_hot = counts.split("\n2. ")
    one_hot, ids = one_hot.split("\n3. ")
    assert all(sentence in before for sentence in script.SENTENCES)
    return counts, one_hot, ids


def test_counts_are_shown_with_their_vocabulary(parts):
    counts, _, _ = parts
    assert "cold 0, friendly 1, good 2, not 3, really 4, soup 5, the 6, waiter 7, was 8\n" in counts
    assert "(5, 9)" in counts
    assert row_of(counts, "The soup was good, really good.") == [0, 0, 2, 0, 1, 1, 1, 0, 1]


def test_ids_preserve_the_order_and_counts_do_not(parts):
    counts, _, ids = parts
    third, fourth = "Good soup, not cold.", "Cold soup, not good!"
    assert row_of(counts, third) == row_of(counts, fourth) == [1, 0, 1, 1, 0, 1, 0, 0, 0]
    assert row_of(ids, third) == [2, 1, 7, 5, 0, 0]
    assert row_of(ids, fourth) == [5, 1, 7, 2, 0, 0]


def test_one_hot_vectors_have_a_single_one_in_the_column_of_the_label(parts):
    _, one_hot, _ = parts
    assert "as labels: [6 5 8 2 4 2]" in one_hot
    assert "(6, 9)" in one_hot
    assert row_of(one_hot, "soup") == [0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert row_of(one_hot, "really") == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_ids_are_shown_before_and_after_padding(parts):
    _, _, ids = parts
    assert "soup 1, good 2, the 3, was 4, cold 5, really 6, not 7, waiter 8, friendly 9\n" in ids
    assert "  [3, 8, 4, 6, 9]\n" in ids
    assert "(5, 6)" in ids
    assert row_of(ids, "The waiter was really friendly.") == [3, 8, 4, 6, 9, 0]


def test_a_word_never_seen_is_left_out_of_counts_and_ids(parts):
    counts, _, ids = parts
    assert "[[0 0 1 0 0 0 1 0 1]]" in counts
    assert "[[3 4 2 0 0 0]]" in ids


def test_two_runs_print_the_same(script, capsys):
    assert output_of(script, capsys) == output_of(script, capsys)


def test_the_script_runs_without_tensorflow(run_python):
    code = (
        "import runpy, sys\n"
        "runpy.run_path(sys.argv.pop(1), run_name='__main__')\n"
        "print('loaded:', sorted({'tensorflow', 'keras', 'scikeras'} & set(sys.modules)))\n"
    )
    done = run_python("-c", code, SCRIPT)
    assert done.stdout.endswith("loaded: []\n")
    assert "3. Ids with padding" in done.stdout
