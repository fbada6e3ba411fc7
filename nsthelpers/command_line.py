"""The command line: ``python -m nsthelpers CONTENT STYLE``, for one photograph or a folder of them."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import glob
import inspect
import io
import json
import os
import signal
import sys
import tempfile
import urllib.parse
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from torch import Tensor

from nsthelpers._validation import check_path
from nsthelpers.conventions import CONVENTIONS, stylize_like
from nsthelpers.engine.colours import keep_colours
from nsthelpers.engine.memory import is_out_of_memory
from nsthelpers.engine.running import Bar, Interrupts, notes, one_interrupt
from nsthelpers.files.catalogue import list_images, locate, read_facts
from nsthelpers.files.downloads import fetch_picture
from nsthelpers.files.settings import describe, load_settings, save_picture
from nsthelpers.files.writing import check_target
from nsthelpers.images import load_image, to_pil
from nsthelpers.transfer import Progress, Settings, stylize

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
FIELDS = {setting.name: setting for setting in dataclasses.fields(Settings)}
USAGE = "python -m nsthelpers CONTENT STYLE [STYLE ...] [-o OUT] [options]"
PICTURES = """
CONTENT is a picture file, the name of a bundled one, a folder, or a pattern in quotes ('photos/*.jpg'); each of several
photographs is painted in turn. STYLE is a painting; several are blended. The first picture is the photograph, the others
are paintings; but with -o FOLDER/ the last one is the painting and all others are photographs, since a shell expands
photos/*.jpg into a list. To leave no doubt, name each painting with --style.
""".strip()
ENDS = """
An existing file is replaced only with --overwrite or --resume, and an input picture never.
PNG, JPEG, WebP and AVIF hold the settings they were made with. Ctrl-C ends the run and saves the picture so far.
Exit status: 0 all painted; 1 some of several photographs failed; 2 an error; 130 interrupted.
""".strip()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; names, defaults and meanings of the settings are those of `Settings`."""
    parser = argparse.ArgumentParser("python -m nsthelpers", USAGE, PICTURES, ENDS, allow_abbrev=False)
    add = parser.add_argument
    add("pictures", metavar="CONTENT STYLE", nargs="*", help="pictures: files, or names of bundled ones (--list)")
    add("-o", "--output", metavar="OUT", help="a file (.png, .jpg, ...), or a folder; default: CONTENT-STYLE.png here")
    add("--style", metavar="STYLE", action="append", help="a painting; then all other pictures are photographs")
    add("--overwrite", action="store_true", help="replace the output if it exists")
    for name, setting in FIELDS.items():
        shown = ",".join(setting.default) if isinstance(setting.default, tuple) else setting.default
        meaning = f"{setting.metadata['meaning']} (default: {shown})".replace("%", "%%")
        if name == "masks":
            meaning = meaning.replace("a mask picture for each style", "comma-separated masks, one for each style")
        if name.endswith("layers"):
            meaning = meaning.replace("or a dictionary from layer to weight", "as comma-separated names or name=weight")
        add(f"--{name.replace('_', '-')}", type=_reader(setting.type), default=argparse.SUPPRESS, help=meaning)
    add("--convention", choices=sorted(CONVENTIONS), metavar="NAME", help=f"use the loss of: {', '.join(CONVENTIONS)}")
    alpha = "restore the photograph's transparency"
    add("--keep-alpha", action="store_true", help=alpha)
    add(
        "--settings-from",
        metavar="FILE",
        help="use a painted picture's pictures and settings; other options override them",
    )
    add("--checkpoint", metavar="FILE", help="a file that keeps the state of the run, to continue with --resume")
    add("--resume", action="store_true", help="continue from the file of --checkpoint")
    add("--json", action="store_true", help="print a line of JSON for each picture to stdout, and no progress bar")
    add("--list", action="store_true", help="list the bundled pictures")
    add("--version", action="version", version=f"nsthelpers {sys.modules['nsthelpers'].__version__}")
    return parser


def _reader(annotation: str) -> Callable[[str], Any]:
    """Return a function that parses a setting with that annotation in `Settings` from a word."""

    def read(word: str) -> Any:
        if "None" in annotation and word.lower() == "none":
            return None
        if "bool" in annotation and word.lower() in ("true", "false"):
            return word.lower() == "true"
        if annotation.startswith("Sequence[str]"):
            parts = [part.strip().partition("=") for part in word.split(",")]
            if not any(equals for _, equals, _ in parts):
                return [name for name, _, _ in parts]
            return {name: float(weight) if equals else 1.0 for name, equals, weight in parts}
        if annotation.startswith("Sequence"):
            return [float(part) if "float" in annotation else part for part in word.split(",")]
        if annotation.startswith("int"):
            return word if "str" in annotation and not word.isdigit() else int(word)
        return float(word) if annotation.startswith("float") else word

    lists = {"Sequence[str]": "list of names or name=weight", "Sequence[float]": "list of numbers"}
    read.__name__ = lists.get(annotation.split(" | ")[0], annotation)  # argparse says: invalid int value
    return read


@dataclasses.dataclass
class Order:
    """What to paint: the photographs, each with its output, the styles and the settings."""

    photographs: dict[str, Path]
    styles: list[str]
    settings: dict[str, Any]
    convention: str | None
    keep_alpha: bool  # stored with the settings of the picture
    overwrite: bool
    reads: list[str]  # other files that the run reads or keeps, and must not overwrite


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0, 1 if some of several photographs failed, 2 for an error before or
    during a run, 130 after an interrupt (Ctrl-C, SIGTERM, SIGHUP)."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.reconfigure(errors="replace")  # a code page that lacks a letter
    options = build_parser().parse_intermixed_args(arguments)
    if options.list:
        _write(sys.stdout, "".join(_catalogue()))
        return 0
    with warnings.catch_warnings(), one_interrupt(*SIGNALS) as interrupts:
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_: _say(str(message))
        try:
            order = _order(options)
            if len(order.photographs) > 1:
                return _paint_all(order, options.json, interrupts)
            ((content, output),) = order.photographs.items()
            return _paint(order, content, output, options.json, interrupts)
        except (ValueError, OSError, MemoryError) as problem:
            _say(_sentence(problem))
            return 2
        except KeyboardInterrupt:
            _say("interrupted before the first step; nothing was saved.")
            return 130


def _order(options: argparse.Namespace) -> Order:
    """Return what the options mean; raise ValueError or OSError where they contradict each other or existing files."""
    given = vars(options)
    stored = load_settings(options.settings_from) if options.settings_from else {}
    pictures = {name: stored.pop(name, None) for name in ("content", "style")}
    stored_convention, stored_alpha = stored.pop("convention", None), stored.pop("keep_alpha", False)
    if unknown := sorted(stored.keys() - FIELDS.keys()):
        raise ValueError(f"{options.settings_from!r} was not made by stylize: it holds {', '.join(unknown)}.")
    chosen = {name: given[name] for name in FIELDS if name in given}
    for name, value in stored.items():
        if isinstance(value, str) and value.startswith("<") and name not in chosen:
            raise ValueError(f"{options.settings_from!r} does not hold its {name}, {value[1:-1]}; give --{name} again.")
    settings, output = stored | chosen, options.output
    folder = output is not None and (output[-1:] in ("/", os.sep) or check_path(output, "--output").is_dir())
    contents, styles = _tell_apart(options.pictures, options.style, folder, pictures)
    convention = options.convention or stored_convention
    if convention:
        known = inspect.signature(stylize_like).parameters
        if foreign := [name for name in chosen if name not in known]:
            raise ValueError(f"--{foreign[0].replace('_', '-')} cannot be used with --convention, which has its own.")
        settings = {name: value for name, value in settings.items() if name in known}
    checkpoint, photographs = options.checkpoint, [name for content in contents for name in _expand(content)]
    if checkpoint is not None:
        if convention or len(photographs) > 1:
            raise ValueError("--checkpoint works for one photograph and without --convention; leave it out.")
        settings["checkpoint"] = checkpoint
    _check_resume(checkpoint, options.resume)
    outputs = dict(zip(photographs, _outputs(output, folder, photographs, styles)))
    reads = [*styles, *(settings.get("masks") or []), settings.get("weights"), settings.get("init"), checkpoint]
    reads += [] if options.overwrite else [options.settings_from]
    reads = [str(each) for each in reads if isinstance(each, (str, os.PathLike))]
    keep_alpha, overwrite = options.keep_alpha or bool(stored_alpha), options.overwrite or options.resume
    return Order(outputs, styles, settings, convention, keep_alpha, overwrite, reads)


def _tell_apart(
    pictures: list[str], named: list[str] | None, folder: bool, stored: dict[str, Any]
) -> tuple[list[str], list[str]]:
    """Return the photographs and the paintings among the pictures of the command line."""
    styles = stored["style"] if isinstance(stored["style"], list) else [stored["style"]] if stored["style"] else []
    if named or (styles and len(pictures) < 2):
        contents, styles = pictures or [stored["content"] or ""], named or styles
    elif len(pictures) < 2:
        raise ValueError("Give a photograph and a painting, such as: tuebingen starry_night (--list lists more).")
    else:
        middle = [name in list_images("style") for name in pictures[1:-1]]
        cut = len(pictures) - 1 if folder else 1
        contents, styles = pictures[:cut], pictures[cut:]
        if folder and any(middle) or middle and not folder and styles[-1] in list_images("style") and not all(middle):
            raise ValueError(
                f"Which of the {len(pictures)} pictures are paintings? Name each with --style: --style {pictures[-1]}."
            )
    if not all(contents):
        raise ValueError("Give a photograph too.")
    return contents, styles


def _expand(content: str) -> list[str]:
    """Return the pictures in a folder or of a pattern, sorted; return any other name unchanged."""
    path = check_path(content, "content")
    if content in list_images() or path.is_file():
        return [content]
    if path.is_dir():
        # Of HEIC and JPEG XL, too: they may need another program, and its name is said.
        endings = {*Image.registered_extensions(), ".heic", ".heif", ".jxl"}
        found = [each for each in path.iterdir() if each.suffix.lower() in endings]
    elif any(letter in content for letter in "*?[") and "://" not in content:
        found = glob.glob(str(path), recursive=True)
    else:
        return [content]
    if not found:
        raise FileNotFoundError(f"There are no pictures in {content!r}; give a folder or a pattern with pictures.")
    return sorted(map(str, found))


def _outputs(output: str | None, folder: bool, photographs: list[str], styles: list[str]) -> list[Path]:
    """Return the path for each photograph's picture; no two are the same."""
    if output is not None and not folder:
        if len(photographs) > 1:
            raise ValueError(f"{len(photographs)} pictures do not fit into one file; give a folder: -o {output}/")
        return [check_path(output, "--output")]
    place = check_path(output or ".", "--output")
    place.mkdir(parents=True, exist_ok=True)
    painting, outputs = "-".join(map(_stem, styles))[:100], []
    for photograph in photographs:
        wanted = place / f"{_stem(photograph)[:100]}-{painting}.png"
        number = 2
        while wanted in outputs:
            wanted, number = place / f"{_stem(photograph)[:100]}-{painting}-{number}.png", number + 1
        outputs.append(wanted)
    return outputs


def _stem(picture: str) -> str:
    """Return the bare name of a picture's path or address."""
    path = urllib.parse.urlsplit(picture).path if "://" in picture else picture
    return Path(path).stem or "picture"


def _check_resume(checkpoint: str | None, resume: bool) -> None:
    """Raise an error if a run should start on a checkpoint that exists, or continue from one that does not."""
    path = None if checkpoint is None else check_path(checkpoint, "--checkpoint")
    if resume and path is None:
        raise ValueError("--resume needs a file to continue from: add --checkpoint FILE.")
    if resume and not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {checkpoint!r} to resume; leave out --resume to start anew.")
    if path is not None and not resume and path.exists():
        raise ValueError(
            f"The checkpoint {checkpoint!r} exists already; give --resume to continue from it, or another name."
        )


def _check_output(order: Order, output: Path) -> None:
    """Raise ValueError or OSError unless the picture can be saved there without overwriting anything that is needed."""
    kind = check_target(output)
    for other in [*order.photographs, *order.reads]:
        try:
            path = locate(other)
        except (ValueError, OSError):  # an address; a checkpoint that does not exist yet
            path = check_path(other, "the path")
        same = output.exists() and path.exists() and os.path.samefile(output, path)
        if same or os.path.realpath(output) == os.path.realpath(path):
            raise ValueError(f"The output {str(output)!r} is the same file as {other!r}; give another one with -o.")
    if output.exists() and not order.overwrite:
        raise FileExistsError(f"{str(output)!r} exists already; give another name with -o, or --overwrite.")
    if order.keep_alpha and kind not in ("PNG", "WEBP", "TIFF"):
        raise ValueError(f"{output.name!r} cannot hold transparency; use .png or .webp with --keep-alpha.")


def _paint(
    order: Order,
    content: str,
    output: Path,
    as_json: bool,
    interrupts: Interrupts,
    callback: Callable[[Progress], object] | None = None,
) -> int:
    """Paint one photograph and save the picture, whatever happens on the way; return the exit status."""
    interrupts.quiet = False
    _check_output(order, output)
    size, device = (order.settings.get(name, FIELDS[name].default) for name in ("size", "device"))
    photograph = load_image(content, size, device)
    check_target(output, max(photograph.shape[2:]))  # a WebP has a largest size
    # A grey photograph in a grey painting's style should stay grey, but its three channels are optimised separately.
    grey = _is_grey(photograph) and all(_is_grey(load_image(name, 256, device)) for name in order.styles)
    style = order.styles[0] if len(order.styles) == 1 else order.styles
    alpha = _alpha(content) if order.keep_alpha else None
    shown, failure = callback is None and not as_json, None
    options = {"callback": callback, "progress": shown, **order.settings}
    try:
        if order.convention:
            result = stylize_like(order.convention, photograph, style, **options)
        else:
            result = stylize(photograph, style, **options)
    except Exception as problem:
        failure, result = problem, getattr(problem, "result", None)
        if result is None:
            raise
    interrupts.quiet = True  # from here on until the picture is saved
    result.settings |= describe({"content": content, "style": style})
    image = keep_colours(result.image, photograph) if grey else result.image
    picture = to_pil(image)
    if alpha is not None:
        picture.putalpha(alpha.resize(picture.size, Image.Resampling.LANCZOS))
        result.settings["keep_alpha"] = True
    description = f"{_stem(content)} in the style of {' and '.join(map(_stem, order.styles))}, painted by nsthelpers."
    _save(picture, output, result.settings, description)
    if as_json:
        record = {
            "output": str(output),
            "stopped": "failed" if failure else result.stopped,
            "seconds": round(result.seconds, 3),
            "evaluations": result.evaluations,
            "settings": result.settings,
            "losses": result.history,
        }
        _write(sys.stdout, json.dumps(record) + "\n")
    if failure is not None:
        sentence = f"{_sentence(failure)} The picture after {result.evaluations} steps is saved as {str(output)!r}."
        raise ValueError(sentence) from failure
    if shown or result.stopped == "interrupted":
        text = f"Saved {output} after {result.evaluations} steps, {result.seconds:.0f} s ({result.stopped})."
        if image.shape != photograph.shape:
            sizes = [f"{each.shape[3]} x {each.shape[2]}" for each in (image, photograph)]
            text += f" It has {sizes[0]} pixels, not {sizes[1]}: the run had not reached its last scale."
        if result.stopped == "interrupted" and order.settings.get("checkpoint"):
            text += " To continue, add --resume."
        _write(sys.stderr, text + "\n")
    return 130 if result.stopped == "interrupted" else 0


def _alpha(content: str) -> Image.Image:
    """Return the transparency of a photograph, upright, as a picture of one channel."""
    file = io.BytesIO(fetch_picture(content)) if "://" in content else locate(content)
    with Image.open(file) as photograph:
        return ImageOps.exif_transpose(photograph).convert("RGBA").getchannel("A")


def _is_grey(image: Tensor) -> bool:
    return bool((image.amax(dim=1) - image.amin(dim=1)).max() < 0.01)


def _save(picture: Image.Image, output: Path, settings: dict[str, Any], description: str) -> None:
    """Save the picture; if that fails (the disk may have filled up meanwhile), save it in a temporary folder."""
    try:
        save_picture(picture, output, settings, description)
    except Exception as problem:
        rescue = Path(tempfile.mkdtemp(prefix="nsthelpers-")) / f"{output.stem}.png"
        rescued = save_picture(picture, rescue, settings, description)
        raise OSError(
            f"Cannot save {str(output)!r} ({problem}); the picture is in {str(rescued)!r} instead."
        ) from problem


def _paint_all(order: Order, as_json: bool, interrupts: Interrupts) -> int:
    """Paint one photograph after the other; say at the end which failed and why, and return the exit status."""
    steps, count = order.settings.get("steps", FIELDS["steps"].default), len(order.photographs)
    failed: dict[str, str] = {}
    painted, bar = 0, Bar(steps * count, 0, not as_json)
    for number, (content, output) in enumerate(order.photographs.items(), start=1):

        def moved(record: Progress, number: int = number) -> None:
            whole = record.seconds + record.seconds_left
            left = record.seconds_left + (count - number) * whole
            bar.update(left, [f"picture {number} of {count}", *notes(record)])

        try:
            _paint(order, content, output, as_json, interrupts, moved)
            painted += 1
        except KeyboardInterrupt:
            pass
        except Exception as problem:
            failed[content] = _sentence(problem)
            if as_json:
                _write(sys.stdout, json.dumps({"content": describe(content), "error": failed[content]}) + "\n")
        interrupts.quiet = True  # an interrupt between two pictures is seen here
        bar.step = steps * number  # also where a photograph was left out, or ended early
        if interrupts.seen:
            break
    bar.close()
    _write(sys.stderr, f"Painted {painted} of {count} photographs{' (interrupted)' if interrupts.seen else ''}.\n")
    for reason in dict.fromkeys(failed.values()):
        _say(f"{', '.join(name for name in failed if failed[name] == reason)}: {reason}")
    return 130 if interrupts.seen else 1 if failed else 0


def _sentence(problem: Exception) -> str:
    if is_out_of_memory(problem):  # outside of a run: while the pictures are loaded
        return "There is not enough memory for these pictures; half the --size needs a quarter of it."
    text = " ".join(str(problem).split()).replace("list_images()", "--list")
    if (name := text.partition(" is ")[0]) in FIELDS:
        text = f"--{name.replace('_', '-')}{text.removeprefix(name)}"
    known = isinstance(problem, (ValueError, OSError, MemoryError)) and text
    return text if known else f"{type(problem).__name__}: {text}".rstrip(": ")


def _say(sentence: str) -> None:
    _write(sys.stderr, f"nsthelpers: {sentence}\n")


def _write(stream: Any, text: str) -> None:
    """Write text to stdout or stderr, if possible (not with a closed pipe, a full disk, or no stream)."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.write(text)
        stream.flush()


def _catalogue() -> Iterator[str]:
    """Yield the lines of --list: each bundled picture, with its title and artist."""
    facts = read_facts()
    for kind, title in (("content", "photographs"), ("style", "paintings")):
        yield f"{title}:\n"
        for name in list_images(kind):
            entry = facts.get(name, {"title": name, "artist": "unknown"})
            yield f"  {name:<17}{entry['title']}, {entry['artist']}\n"
