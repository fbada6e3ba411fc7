"""The command line: ``python -m nsthelpers CONTENT STYLE -o OUT``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; names, defaults and meanings are those of `Settings`."""
    from nsthelpers.transfer import Settings

    parser = argparse.ArgumentParser(
        prog="python -m nsthelpers", description="Paint a photograph in the style of a painting."
    )
    parser.add_argument("content", metavar="CONTENT", help="a picture file, or the name of a bundled one: tuebingen")
    parser.add_argument("style", metavar="STYLE", help="a picture file, or the name of a bundled one: starry_night")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="where to save the result: .png, .jpg, …")
    for setting in dataclasses.fields(Settings):
        # What has no one word on a command line (layers) is left to Python; a learning rate belongs to an optimiser.
        if setting.name.endswith("layers"):
            continue
        kind = {"int": int, "float": float, "float | None": float, "int | None": _whole_or_none}.get(
            setting.type, _text
        )
        shown = f"{setting.metadata['meaning']} (default: {setting.default})".replace("%", "%%")
        parser.add_argument(f"--{setting.name.replace('_', '-')}", type=kind, default=setting.default, help=shown)
    parser.add_argument("--checkpoint", help="a file in which the state of the run is kept, to go on with --resume")
    parser.add_argument("--resume", action="store_true", help="go on from the file of --checkpoint")
    parser.add_argument("--json", action="store_true", help="print one line of JSON on stdout, and no progress bar")
    return parser


def _text(text: str) -> str | int:
    """Return a word, or a number where one may stand in its place (scales)."""
    return int(text) if text.isdigit() else text


def _whole_or_none(text: str) -> int | None:
    return None if text.lower() == "none" else int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0, 2 for a bad input, 130 after an interrupt (Ctrl-C or SIGTERM)."""
    options = vars(build_parser().parse_args(arguments))
    output, as_json, resume = Path(options.pop("output")), options.pop("json"), options.pop("resume")
    try:
        # Imported late: --help and a wrong option answer at once.
        from nsthelpers.engine.running import one_interrupt
        from nsthelpers.files.writing import check_target
        from nsthelpers.transfer import stylize

        # Whoever asks the program to end, a batch system or a shutdown, gets the picture too; asking twice does not lose it.
        with one_interrupt(signal.SIGTERM):
            check_target(output)
            _check_resume(options["checkpoint"], resume)
            result = stylize(options.pop("content"), options.pop("style"), progress=not as_json, **options)
            _save(result.image, output)
    except (ValueError, OSError, MemoryError) as problem:
        print(f"nsthelpers: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("nsthelpers: interrupted before the first step; nothing was saved.", file=sys.stderr)
        return 130
    if as_json:
        record = {
            "output": str(output),
            "stopped": result.stopped,
            "seconds": round(result.seconds, 3),
            "evaluations": result.evaluations,
            "settings": result.settings,
            "losses": result.history,
        }
        print(json.dumps(record))
    else:
        print(
            f"Saved {output} after {result.evaluations} steps, {result.seconds:.0f} s ({result.stopped})."
            + (" To go on, add --resume." if result.stopped == "interrupted" and options["checkpoint"] else ""),
            file=sys.stderr,
        )
    return 130 if result.stopped == "interrupted" else 0


def _check_resume(checkpoint: str | None, resume: bool) -> None:
    """Raise ValueError unless the run begins, or goes on, as it was said."""
    if resume and checkpoint is None:
        raise ValueError("--resume wants the file to go on from: give --checkpoint FILE too.")
    if resume and not Path(checkpoint).is_file():
        raise FileNotFoundError(f"There is no checkpoint {checkpoint!r} to resume; leave --resume out to begin.")
    if checkpoint is not None and not resume and Path(checkpoint).exists():
        raise ValueError(
            f"The checkpoint {checkpoint!r} is there already; give --resume to go on from it, or delete it."
        )


def _save(image: Tensor, output: Path) -> None:
    """Save the picture, if not where it was wanted (the disk may have filled up meanwhile) then in a temporary folder."""
    from nsthelpers.images import save_image

    try:
        save_image(image, output)
    except OSError as problem:
        rescued = save_image(image, Path(tempfile.mkdtemp(prefix="nsthelpers-")) / output.name)
        raise OSError(
            f"Cannot save {str(output)!r} ({problem}); the picture is in {str(rescued)!r} instead."
        ) from problem


if __name__ == "__main__":
    sys.exit(main())
