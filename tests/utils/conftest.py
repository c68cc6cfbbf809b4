import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="package", autouse=True)
def _one_thread_for_linear_algebra():
    """Use one thread: for hundreds of fits on sixteen texts, a second one takes longer."""
    with threadpool_limits(1):
        yield
