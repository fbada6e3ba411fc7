"""What tests of several rooms use."""

from contextlib import contextmanager

import pytest
import torch


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
