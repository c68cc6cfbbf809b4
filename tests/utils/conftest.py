import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="package", autouse=True)
def _one_thread_for_linear_algebra():
    """Hundreds of fits on sixteen texts: waking a second thread takes longer than the sums."""
    with threadpool_limits(1):
        yield
