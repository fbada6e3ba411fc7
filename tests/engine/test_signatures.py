"""Settings that are written down once."""

import dataclasses
import inspect

import pytest

from nsthelpers import Settings, reconstruct, stylize, stylize_steps
from nsthelpers.engine.signatures import takes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    size: int = dataclasses.field(default=512, metadata={"meaning": "the longer side"})
    word: str = dataclasses.field(default="cat", metadata={"meaning": "a word"})


@takes(Options)
def paint(picture, *, progress=True, **settings):
    """Paint.

    {settings}

    The end.
    """
    return picture, progress, settings


@takes(Options, "word", word="dog")
def speak(**settings):
    return settings


def test_the_function_gets_every_setting_and_the_callers_win():
    assert paint("a") == ("a", True, {"size": 512, "word": "cat"})
    assert paint("a", word="b", progress=False) == ("a", False, {"size": 512, "word": "b"})
    assert paint(picture="a", size=3)[2] == {"size": 3, "word": "cat"}
    assert speak() == {"word": "dog"} and speak(word="b") == {"word": "b"}
    assert paint("a")[2] is not paint("a")[2]  # nobody changes the defaults for the next caller


def test_signature_and_docstring_tell_them():
    assert str(inspect.signature(paint)) == "(picture, *, progress=True, size: int = 512, word: str = 'cat')"
    assert str(inspect.signature(speak)) == "(*, word: str = 'dog')"
    assert "    - `size` (512): the longer side.\n    - `word` ('cat'): a word.\n\n    The end." in paint.__doc__
    assert speak.__doc__ == "" and paint.__name__ == "paint" and paint.__module__ == __name__


def test_an_unknown_setting_is_refused_when_called_and_the_nearest_named():
    with pytest.raises(TypeError, match="^paint has no setting 'sise'; did you mean 'size'?"):
        paint("a", sise=3)
    with pytest.raises(TypeError, match="^paint has no setting 'progres'; did you mean 'progress'?"):
        paint("a", progres=3)
    with pytest.raises(TypeError, match="^speak has no setting 'size'; it has word.$"):
        speak(size=3)
    with pytest.raises(TypeError, match="^stylize_steps has no setting 'stepps'"):
        stylize_steps("chelsea", "marbling", stepps=3)  # at once, not when the generator is first asked
    with pytest.raises(TypeError, match="picture"):
        paint()


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
REBUILD = {"steps", "tv_weight", "optimizer", "learning_rate", "init", "seed"}


@pytest.mark.parametrize(
    ("function", "names", "changed"),
    [
        (stylize, set(FIELDS), {}),
        (stylize_steps, set(FIELDS), {}),
        (reconstruct, REBUILD, {"init": "noise", "tv_weight": 0.0}),
    ],
)
def test_what_the_public_functions_take(function, names, changed):
    parameters = inspect.signature(function).parameters
    keywords = {name: p.default for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
    found = {name: default for name, default in keywords.items() if name in names}
    assert found == {name: FIELDS[name].default for name in names} | changed
    assert keywords.keys() - names <= {"callback", "progress", "checkpoint", "content_layer", "style_layers"}
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name in names if function is not stylize_steps else ():
        assert f"- `{name}` ({found[name]!r}): {FIELDS[name].metadata['meaning']}." in function.__doc__


def test_settings_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().size = 3
    with pytest.raises(TypeError):
        Settings("mini")  # by name only
    assert dataclasses.replace(Settings(), size=3).size == 3
