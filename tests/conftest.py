"""What tests of several rooms use."""

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
