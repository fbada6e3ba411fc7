"""Call a learner's function without harm: a time limit, copies of the inputs, and global state put back."""

from __future__ import annotations

import contextlib
import copy
import io
import random
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

TIME_LIMIT = 4.0  # seconds for one call; a correct answer needs milliseconds


class TimeIsUp(BaseException):
    """Raised inside a learner's function that does not come back; no Exception, so that `except Exception` lets it pass."""


@dataclass
class Outcome:
    """What one call of a learner's function did."""

    value: Any = None
    error: BaseException | None = None
    late: bool = False
    printed: str = ""
    operations: int = 0
    changed: int | None = None  # the position of an argument that was changed in place
    left_gradient: bool = False  # requires_grad was switched on in an argument


class CountOperations(TorchFunctionMode):
    """Counts calls of torch functions: a count that grows with the input betrays a Python loop."""

    count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


def copied(value: Any, dtype: torch.dtype | None = None) -> Any:
    """A deep copy in which floating-point tensors have `dtype`; functions stay what they are."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().to(dtype if dtype and value.is_floating_point() else value.dtype)
    if hasattr(value, "_fields"):  # a NamedTuple takes its items one by one
        return type(value)(*(copied(item, dtype) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(copied(item, dtype) for item in value)
    if isinstance(value, dict):
        return {key: copied(item, dtype) for key, item in value.items()}
    if isinstance(value, torch.nn.Module):
        return copy.deepcopy(value).to(dtype)
    return value


def unchanged(before: Any, after: Any) -> bool:
    """Whether an argument is what it was: the same numbers (NaN included), and no hook left on a network."""
    if isinstance(before, torch.Tensor):
        same = isinstance(after, torch.Tensor) and before.shape == after.shape and before.dtype == after.dtype
        return same and torch.allclose(before, after, rtol=0, atol=0, equal_nan=True)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, torch.nn.Module):
        hooks = [[len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules()] for net in (before, after)]
        return hooks[0] == hooks[1]
    return not isinstance(before, (int, float, str)) or before == after or before != before


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[io.StringIO]:
    """Catch what is printed, silence warnings, use torch's own defaults; put these and the generators back afterwards."""
    printed, python, numpy_state = io.StringIO(), random.getstate(), np.random.get_state()
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    with contextlib.ExitStack() as stack:
        stack.callback(random.setstate, python)
        stack.callback(np.random.set_state, numpy_state)
        stack.callback(torch.set_default_dtype, dtype)
        stack.callback(torch.set_grad_enabled, gradients)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        stack.enter_context(torch.device("cpu"))
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        warnings.simplefilter("ignore")
        # Not torch.manual_seed: it would also seed the caller's GPU, whose state nobody puts back.
        torch.default_generator.manual_seed(seed), random.seed(seed), np.random.seed(seed)
        yield printed


def limited(work: Callable[[], None], seconds: float) -> None:
    """Do `work`, or raise TimeIsUp: with an alarm in the main thread, else in a thread of its own."""
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):

        def ring(_: int, frame: FrameType | None) -> None:
            while frame is not None and "importlib" not in frame.f_code.co_filename:
                frame = frame.f_back
            if frame is None:
                raise TimeIsUp
            # An import, slow the first time: it must not be broken off half-way, and its time does not count.
            signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)

        handler, start = signal.signal(signal.SIGALRM, ring), time.monotonic()
        # It rings again and again: a bare `except:` in the learner's loop may swallow the first ones.
        left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
        try:
            work()
        finally:
            left = max(left - (time.monotonic() - start), 1e-3) if left else 0.0
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, left, interval)
        return
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():  # where there is no alarm (Windows), it goes on until the kernel ends
        raise TimeIsUp


def call(function: Callable[..., Any], args: tuple[Any, ...], *, gradient: bool = False, seed: int = 0) -> Outcome:
    """Call a learner's function with copies of `args`; with `gradient`, the first one requires its gradient."""
    given, outcome, mode = copied(args), Outcome(), CountOperations()
    if gradient:
        given[0].requires_grad_()

    def work() -> None:
        try:
            with mode, torch.enable_grad():
                outcome.value = function(*given)
        except TimeIsUp:
            outcome.late = True
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: `exit()` must not end the learner's kernel
            outcome.error = error

    with undisturbed(seed) as printed:
        try:
            limited(work, TIME_LIMIT)
        except TimeIsUp:
            outcome.late = True
    outcome.printed, outcome.operations = printed.getvalue(), mode.count
    if not outcome.late and not gradient:
        changed = [place for place, pair in enumerate(zip(args, given, strict=True)) if not unchanged(*pair)]
        outcome.changed = changed[0] if changed else None
        outcome.left_gradient = any(isinstance(a, torch.Tensor) and a.requires_grad for a in given)
    return outcome
