"""The command line: ``python -m nsthelpers CONTENT STYLE -o OUT``."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Sequence
from pathlib import Path

HELP = {
    "backbone": "the network that looks: mini, vgg16 or vgg19",
    "weights": "a weights file, or 'random' for a random network",
    "size": "longer side of the picture in pixels",
    "steps": "evaluations of the loss",
    "content_weight": "how much the content counts",
    "style_weight": "how much the style counts",
    "tv_weight": "how much smoothness counts",
    "optimizer": "lbfgs or adam",
    "init": "the picture to start from: content, style or noise",
    "pooling": "max or avg",
    "seed": "seed of the noise",
    "precision": "of the network: auto, float32 or bfloat16",
    "scales": "sizes of the coarse-to-fine pyramid: auto, or 1 for none",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; every default is read from the signature of `stylize`, the one source of truth."""
    from nsthelpers.transfer import stylize

    parser = argparse.ArgumentParser(
        prog="python -m nsthelpers", description="Paint a photograph in the style of a painting."
    )
    parser.add_argument("content", metavar="CONTENT", help="a picture file, or the name of a bundled one, e.g. chelsea")
    parser.add_argument("style", metavar="STYLE", help="a picture file, or the name of a bundled one, e.g. swirls")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="where to save the result: .png, .jpg, …")
    signature = inspect.signature(stylize)
    kinds = {
        "scales": lambda text: int(text) if text.isdigit() else text,
        "size": int,
        "steps": int,
        "seed": int,
        "content_weight": float,
        "style_weight": float,
        "tv_weight": float,
    }
    for name, text in HELP.items():
        default = signature.parameters[name].default
        shown = f"{text} (default: {default})" if default is not None else text
        parser.add_argument(f"--{name.replace('_', '-')}", type=kinds.get(name, str), default=default, help=shown)
    parser.add_argument("--json", action="store_true", help="print one line of JSON on stdout, and no progress bar")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0, 2 for a bad input, 130 after an interrupt."""
    options = vars(build_parser().parse_args(arguments))
    output, as_json = Path(options.pop("output")), options.pop("json")
    try:
        # Imported late: --help and a wrong option answer at once.
        from nsthelpers.images import check_target, save_image
        from nsthelpers.transfer import stylize

        check_target(output)
        result = stylize(options.pop("content"), options.pop("style"), progress=not as_json, **options)
        save_image(result.image, output)
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
            f"Saved {output} after {result.evaluations} steps, {result.seconds:.0f} s ({result.stopped}).",
            file=sys.stderr,
        )
    return 130 if result.stopped == "interrupted" else 0


if __name__ == "__main__":
    sys.exit(main())
