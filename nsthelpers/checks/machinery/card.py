"""Cards: what a check shows, as HTML and as plain text, both from the same rows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import torch

from nsthelpers.checks.machinery.compare import readable, show
from nsthelpers.checks.machinery.judge import Verdict

# Blue, vermilion, grey: told apart by colour-blind eyes, on light and dark pages. The words say the same.
COLOURS = {"solved": "#0072B2", "wrong": "#D55E00", "open": "#888888"}
PLAIN = "color:inherit;font:inherit;border-collapse:collapse"  # some pages give tables a colour of their own
DOTS = {1: "●○○", 2: "●●○", 3: "●●●"}


@dataclass
class Card:
    """A title and rows of (label, text, tensor or None); Jupyter shows the HTML, a terminal the text."""

    status: str
    title: str
    rows: list[tuple[str, str, Any]] = field(default_factory=list)

    def add(self, label: str, text: str, value: Any = None) -> None:
        self.rows.append((label, text, value))

    def __repr__(self) -> str:
        width = max((len(label) for label, *_ in self.rows), default=0)
        lines = [self.title]
        for label, text, value in self.rows:
            body = [*text.splitlines(), *(" ".join(row) for row in cells(value))]
            lines += [f"  {'' if n else label:<{width}}  {line}".rstrip() for n, line in enumerate(body)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:"
        rows = "".join(
            f'<tr><td style="{cell}nowrap"><em>{html.escape(label)}</em></td>'
            f'<td style="{cell}normal;overflow-wrap:anywhere">{marked_up(text)}{table(value)}</td></tr>'
            for label, text, value in self.rows
        )
        style = f"border-left:5px solid {COLOURS[self.status]};background:rgba(128,128,128,.08);padding:8px 14px;"
        style += "margin:4px 0;max-width:52em;line-height:1.45"
        body = f'<table style="margin:4px 0 0;background:none;{PLAIN}">{rows}</table>' if rows else ""
        return f'<div style="{style}"><strong>{marked_up(self.title)}</strong>{body}</div>'


def marked_up(text: str) -> str:
    """Escaped text with `code` and line breaks as HTML."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text)).replace("\n", "<br>")


def matrix(value: Any) -> torch.Tensor | None:
    """The last two axes of a small tensor, or None: larger ones tell nothing as numbers."""
    if not readable(value) or value.dim() < 2 or not value.numel():
        return None
    grid = value[(0,) * (value.dim() - 2)].detach()
    return grid if 1 < grid.numel() and max(grid.shape) <= 8 else None


def cells(value: Any) -> list[list[str]]:
    """A small tensor as rows of short numbers, all of one width."""
    grid = matrix(value)
    whole = grid is not None and not grid.is_floating_point()
    texts = (
        [] if grid is None else [[f"{n + 0:d}" if whole else f"{n + 0.0:.2g}" for n in row] for row in grid.tolist()]
    )
    width = max((len(text) for row in texts for text in row), default=0)
    return [[text.rjust(width) for text in row] for row in texts]


def table(value: Any) -> str:
    """A small tensor as a heat map: an HTML table whose cells are darker for larger numbers, numbers included."""
    grid = matrix(value)
    if grid is None:
        return ""
    sizes = grid.double().abs().nan_to_num(0, 0, 0)
    strength = (sizes / (sizes.max() or 1)).tolist()
    rows = ""
    for texts, shades in zip(cells(value), strength, strict=True):
        style = "padding:1px 6px;text-align:right;background:rgba(0,114,178,"
        rows += "<tr>" + "".join(
            f'<td style="{style}{0.5 * shade:.2f})">{text.strip()}</td>' for text, shade in zip(texts, shades, strict=True)
        ) + "</tr>"  # fmt: skip
    return f'<table style="margin:2px 0;{PLAIN}">{rows}</table>'


def first_numbers(value: Any) -> str:
    """Shape and a few numbers of a result."""
    text = show(value)
    if readable(value) and value.dim() and matrix(value) is None:
        row = value[(0,) * (value.dim() - 1)][:4] if value.numel() else value.flatten()
        text += ": " + ", ".join(show(number) for number in row.tolist()) + (", …" if value.numel() > 4 else "")
    return text


def card_for(verdict: Verdict, tries: int) -> Card:
    """The card that tells a learner what the check found."""
    exercise = verdict.exercise
    effort = f"{exercise.minutes} min, {DOTS[exercise.difficulty]}"
    if verdict.status == "open":
        card = Card("open", f"○ {exercise.name}: not yet ({effort})")
        card.add("your task", exercise.task)
        return card
    if verdict.status == "solved":
        card = Card("solved", f"✓ {exercise.name}: right, on all {verdict.total} inputs")
        card.add("you know now", exercise.solved)
        if verdict.remark:
            card.add("remark", verdict.remark)
        return card
    card, finding = Card("wrong", f"✗ {exercise.name}: not right yet (try {tries})"), verdict.finding
    if verdict.number:
        score = f"\n({verdict.right_on} of {verdict.total} inputs came out right.)" if verdict.right_on else ""
        score = "\n(The numbers are right on all inputs.)" if verdict.right_on == verdict.total else score
        card.add(f"on input {verdict.number} of {verdict.total}", verdict.given + score)
    if finding and finding.path[:1] == ("error",):
        card.add("it stops", finding.path[1])
        if verdict.where:
            card.add("your line", verdict.where)
        if verdict.values:
            card.add("where", verdict.values)
    elif finding and (finding.got is not None or finding.expected is not None):
        place = "".join(f"[{key!r}]" for key in finding.path)
        card.add(f"expected{place}", first_numbers(finding.expected), finding.expected)
        card.add(f"came out{place}", first_numbers(finding.got), finding.got)
    if verdict.printed.strip():
        lines = verdict.printed.strip().splitlines()
        card.add("it printed", "\n".join(line[:100] for line in lines[:5]) + ("\n…" if len(lines) > 5 else ""))
    unknown = "This is none of the mistakes that I know. Follow the input above, the smallest wrong one, by hand."
    unknown = "" if verdict.diagnosis else unknown
    card.add("what happened", f"{verdict.sentence} {unknown}".strip())
    seen = {finding.kind if finding else "", verdict.diagnosis, "gradient" if verdict.diagnosis == "detached" else ""}
    hints = sorted(exercise.hints, key=lambda hint: hint.symptom not in seen)
    for number, hint in enumerate(hints[: max(0, tries - 1)], 1):
        card.add(f"hint {number}", hint.text)
    return card
