"""What PyTorch's and Python's error messages mean, in a learner's words: data only."""

from __future__ import annotations

import re

IN_PLACE = "You change a tensor in place (`-=`, `x[...] =`, `add_`) that autograd still needs. Make a new one."
SHAPES = "You combine two tensors whose shapes do not fit. Print both on the line before; `[:, None, None]` adds axes."
AXES = "This function needs another number of axes. Print the shape; `[None]` adds an axis, `[0]` takes one away."

# (what the message says, the name of the finding, what it means)
MESSAGES = (
    (r"leaf Variable that requires grad|modified by an inplace operation", "in-place", IN_PLACE),
    (r"numpy\(\) on Tensor that requires grad|detach\(\)\.numpy", "detached",
     "You convert to NumPy, which keeps no gradients. Do the same with torch functions."),
    (r"does not require grad and does not have a grad_fn", "detached",
     "Nothing that you differentiate depends on a tensor with `requires_grad`. Was it switched on before the loss?"),
    (r"grad can be implicitly created only for scalar", "not one number",
     "`backward` starts from one number: sum or average the loss first."),
    (r"view size is not compatible", "view", "`view` cannot do this on a transposed tensor: `reshape` can."),
    (r"shapes? cannot be multiplied|size mismatch|Expected size for first two dimensions", "shapes",
     "The shapes of a matrix product do not fit: the last axis of the left must be as long as the first of the right."),
    (r"must match the (existing )?size|not broadcastable|could not be broadcast", "shapes", SHAPES),
    (r"is invalid for input of size", "shapes", "A reshape must keep the number of elements: multiply out both sides."),
    (r"values to unpack", "shapes", "You unpack into too many or too few names. Print what stands on the right first."),
    (r"number of subscripts", "axes", "You give `einsum` more or fewer letters than a tensor has axes."),
    (r"Expected \dD|must be a matrix|must be a 3D|number of dimensions", "axes", AXES),
    (r"out of bounds|out of range|exceeds dimension size", "index",
     "An index is too large for its axis. Is it the right axis?"),
    (r"step must be greater than zero", "negative step", "Tensors do not step backwards (`::-1`): use `flip(axis)`."),
    (r"same device|CUDA|NVIDIA", "device",
     "You send a tensor to a device by name. Make it where the input is: `device=x.device`, or `x.new_zeros(...)`."),
    (r"bitwise_xor|for \^:", "power", "`^` is no power in Python; `x ** 2` is."),
    (r"same dtype|expected scalar type|must be either a floating point", "dtype",
     "Numbers of different dtypes meet: whole numbers and floats, or float32 and float64. `.to(x.dtype)` converts."),
    (r"allocate|out of memory|MemoryError", "memory", "You ask for more memory than there is. Print the shapes first."),
    (r"maximum recursion depth", "recursion", "Your function calls itself without end. Does another one have its name?"),
    (r"slice indices must be integers|interpreted as an integer", "whole number",
     "You need a whole number here, and `/` gives a float: `//` gives a whole number."),
    (r"Boolean value of Tensor", "truth value",
     "`if`, `and`, `max` need one True or False, not a whole tensor: `torch.where`, `&`, `torch.maximum` take tensors."),
    (r"must be tuple of Tensors", "list of tensors", "`torch.cat` and `torch.stack` take one list: `torch.cat([a, b])`."),
    (r"only one element tensors|cannot be converted to Scalar", "not one number",
     "You use a tensor of many numbers where one number is needed."),
    (r"multiply sequence|can only concatenate|list indices|only integer tensors", "list",
     "You calculate with a Python list as if it were a tensor: make a tensor of it with `torch.tensor`."),
    (r"is not defined|not associated with a value|referenced before", "name",
     "You use a name that has no value here: a typing error, a missing import, or a value given too late."),
    (r"'(numpy\.)?ndarray' object|'(numpy\.)?ndarray' and|must be Tensor, not (numpy\.)?ndarray", "numpy",
     "You use a NumPy array where a tensor is needed. Stay in torch from the first line to the last."),
    (r"must be Tensor, not|has no attribute|not supported between|unsupported operand|not subscriptable|not callable",
     "type", "A value is of another type than this line expects. Print its `type(...)` on the line before."),
)  # fmt: skip


def meaning(message: str) -> tuple[str, str]:
    """The name of an error and what it means."""
    unknown = ("error", "Python stopped at this line: compare its message with the values that the line met.")
    return next(((name, text) for said, name, text in MESSAGES if re.search(said, message)), unknown)
