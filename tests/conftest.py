"""What tests of several rooms use."""

import multiprocessing
import signal
from contextlib import contextmanager

import pytest
import torch

# Programs started in the background (nohup, some CI) ignore Ctrl-C, and so would the programs that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def default_dtype():
    """Return a context manager under which PyTorch makes tensors of another dtype by default."""

    @contextmanager
    def changed(dtype):
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            yield
        finally:
            torch.set_default_dtype(before)

    return changed


@pytest.fixture(scope="session")
def clean_processes():
    """Return a multiprocessing context whose processes start from a clean one that has the package loaded.

    A fork of pytest itself would copy locks that its threads hold (bars, servers, PyTorch), and hang now and then.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nsthelpers"])
    return context
