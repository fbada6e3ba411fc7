"""Settings that are defined once: functions take them as keywords, and show them in signature and docstring."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any


def takes(settings: type, *names: str, **defaults: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for a function that ends with ``**settings``, the fields of a dataclass.

    Only the fields in `names` are taken (all if none is named), and `defaults` replace theirs. Every call passes all of
    them to the function; an unknown one raises a TypeError that names the most similar one. "{settings}" in its docstring
    becomes a list, from each field's metadata "meaning".

    >>> Size = dataclasses.make_dataclass("Size", [("size", int, dataclasses.field(default=512, metadata={"meaning": "…"}))])
    >>> paint = takes(Size)(lambda picture, **settings: settings)
    >>> str(inspect.signature(paint)), paint("cat")
    ('(picture, *, size: int = 512)', {'size': 512})
    """
    taken = {field.name: field for field in dataclasses.fields(settings) if field.name in names or not names}
    values = {name: field.default for name, field in taken.items()} | defaults

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(function).parameters.values())[:-1]
        keyword = functools.partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)
        added = [keyword(name, default=values[name], annotation=field.type) for name, field in taken.items()]
        known = [parameter.name for parameter in [*own, *added]]

        @functools.wraps(function)
        def call(*arguments: Any, **given: Any) -> Any:
            for name in given:
                if name not in known:
                    near = difflib.get_close_matches(name, known, n=1)
                    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}."
                    raise TypeError(f"{function.__name__} has no setting {name!r}; {hint}")
            return function(*arguments, **values | given)

        call.__signature__ = inspect.signature(function).replace(parameters=[*own, *added])
        lines = [f"    - `{name}` ({values[name]!r}): {field.metadata['meaning']}." for name, field in taken.items()]
        call.__doc__ = (function.__doc__ or "").replace("    {settings}", "\n".join(lines))
        return call

    return decorate
