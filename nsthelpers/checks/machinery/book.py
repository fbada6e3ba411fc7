"""The learner's book: tries, predictions and progress, in this session and in a small file of the learner's own."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsthelpers.checks.machinery.card import Card, card_for
from nsthelpers.checks.machinery.exercise import NOTEBOOKS, Exercise
from nsthelpers.checks.machinery.judge import judge

# The answers of this session that were right, by the exercise's key: what the rest of the notebook goes on with.
ANSWERS: dict[str, Any] = {}

# In Colab, whose own disk goes with the kernel, progress is kept here if the folder is there.
DRIVE = Path("/content/drive/MyDrive/nst-course")

# What happened in this session: notebook -> {"exercises": {name: ...}, "predictions": {question: ...}}
SESSION: dict[str, dict[str, dict[str, Any]]] = {}


class CheckFailed(AssertionError):
    """Raised under NSTHELPERS_STRICT=1 by a check that is not solved."""


class Check(Exercise):
    """An exercise that can be called: with the learner's function, it judges that function and returns a card."""

    def __call__(self, answer: Any = None) -> Card:
        return check(self, answer)

    @property
    def mine(self) -> Any:
        """The learner's answer if the last try was right, else None: ``gram = check.gram.mine or gram_matrix``."""
        return ANSWERS.get(self.key)


def check(exercise: Exercise, answer: Any) -> Card:
    """Judge an answer, remember the try, and return the card."""
    verdict = judge(exercise, answer)
    ANSWERS.pop(exercise.key, None)
    if verdict.status == "solved":
        ANSWERS[exercise.key] = answer
    entry = SESSION.setdefault(exercise.notebook, {}).setdefault("exercises", {}).setdefault(exercise.name, {})
    entry["tries"] = entry.get("tries", 0) + (verdict.status == "wrong")
    entry |= {"status": verdict.status, "diagnosis": verdict.diagnosis}
    if verdict.status != "open":
        solved = load().get(exercise.notebook, {}).get("exercises", {}).get(exercise.name, {}).get("status") == "solved"
        save(exercise.notebook, "exercises", exercise.name, entry | ({"status": "solved"} if solved else {}))
    card = card_for(verdict, entry["tries"])
    if verdict.status != "solved" and os.environ.get("NSTHELPERS_STRICT", "0") not in ("", "0"):
        raise CheckFailed(repr(card))
    return card


def progress_file() -> Path | None:
    """Where progress is kept; None if it is off, as it is under pytest and in CI unless a place is named."""
    place = os.environ.get("NSTHELPERS_PROGRESS", "")
    if place.lower() in ("off", "0", "no") or not place and {"PYTEST_VERSION", "CI"} & os.environ.keys():
        return None
    if not place and DRIVE.is_dir():
        return DRIVE / "progress.json"
    home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(place or f"{home}/nsthelpers/progress.json").expanduser()


def load() -> dict[str, dict[str, dict[str, Any]]]:
    """What the progress file holds; nothing if there is none or if it cannot be understood."""
    file = progress_file()
    try:
        data = json.loads(file.read_text(encoding="utf-8")) if file else {}
    except (OSError, ValueError):
        return {}
    return data if nested(data, 4) else {}


def nested(data: Any, depth: int) -> bool:
    """Whether something is made of dictionaries, `depth` levels deep."""
    return depth == 0 or isinstance(data, dict) and all(nested(value, depth - 1) for value in data.values())


def save(notebook: str, kind: str, name: str, entry: dict[str, Any]) -> None:
    """Write one entry into the progress file: a new file takes the old one's place at once, or nothing happens."""
    file = progress_file()
    if file is None:
        return
    try:
        data = load()
        if not data and file.exists() and file.read_text(encoding="utf-8", errors="replace").strip() not in ("", "{}"):
            file.replace(file.with_name(file.name + ".unreadable"))  # it may be something else of the learner's
        data.setdefault(notebook, {}).setdefault(kind, {})[name] = entry
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        with open(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1, sort_keys=True, ensure_ascii=False)
        os.replace(temporary, file)
    except OSError:
        pass  # a full or read-only disk must not stop a learner


def exercises(notebook: str) -> dict[str, Exercise]:
    """The exercises of one notebook's module, in their order."""
    module = importlib.import_module(f"nsthelpers.checks.{notebook}")
    return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


def live() -> bool:
    """Whether somebody sits before a Jupyter kernel: then predictions are made with buttons."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") and progress_file() is not None


class AskingCard(Card):
    """A card with buttons under it."""

    widget: Any = None

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(HTML(self._repr_html_()), self.widget)


class Book:
    """What every notebook's module offers besides its exercises: predict, score, progress and report."""

    def __init__(self, module: str) -> None:
        self.notebook = module.rpartition(".")[2]
        self.question = ""
        self.closed: set[str] = set()  # the questions with options: there "9" is not nearly "10"

    def exercise(self, name: str, *rest: Any, **more: Any) -> Check:
        """Return an exercise of this notebook; the other arguments are those of `Exercise`."""
        return Check(self.notebook, name, *rest, **more)

    @property
    def predictions(self) -> dict[str, dict[str, Any]]:
        return SESSION.setdefault(self.notebook, {}).setdefault("predictions", {})

    def predict(
        self, question: str, answer: Any = None, options: Sequence[Any] = (), *, widget: bool | None = None
    ) -> Card:
        """Ask for a prediction before the cell that shows the truth; nothing is scored yet.

        Args:
            question: what will happen?
            answer: the *learner's* own answer: one of the options, its letter (a, b, …), or without options a number
                or a few words. Left out, the card asks for it.
            options: the answers to choose from.
            widget: buttons to click; left out, they appear where a person sits before a kernel, never in CI or nbval.
        """
        self.question = question
        self.closed |= {question} if options else set()
        if answer is None or answer is ...:
            kept = load().get(self.notebook, {}).get("predictions", {}).get(question, {})
            self.predictions.setdefault(question, {"answer": kept.get("answer")})
        else:
            self.record(question, chosen(answer, options))
        said = self.predictions[question]["answer"]
        clicks = live() if widget is None else widget
        card = (AskingCard if clicks else Card)("open", f"? Predict: {question}")
        for letter, option in zip("abcdefghij", options, strict=False):
            card.add(f"{letter})", str(option))
        missing = "click below" if clicks else "add `answer=...` to this call"
        card.add("your answer", f"{missing}, before you run on" if said is None else f"{said} (noted; run on)")
        if clicks:
            from nsthelpers.show.explorers import ask  # here, because plain runs need no widgets

            card.widget = ask(list(map(str, options)), lambda said: self.record(question, said))
        return card

    def record(self, question: str, answer: Any) -> None:
        """Note a learner's prediction."""
        self.predictions[question] = {"answer": answer}
        save(self.notebook, "predictions", question, self.predictions[question])

    def score(self, correct: Any, because: str = "", *, question: str = "", within: float = 0.1) -> Card:
        """Compare the prediction with the truth, after the cell that showed it.

        Args:
            correct: the right answer; a number is met by a prediction that differs by `within` of it at most.
            because: why it is so, in one sentence.
            question: which prediction is meant; left out, the last one made.
            within: the relative difference allowed between numbers.
        """
        question = question or self.question
        entry = self.predictions.setdefault(question, {"answer": None})
        if entry["answer"] is None:
            card = Card("open", f"○ {question or 'No prediction yet'}")
        else:
            entry["right"] = agrees(entry["answer"], correct, 1e-9 if question in self.closed else within)
            save(self.notebook, "predictions", question, entry)
            card = Card("solved", f"✓ {question}") if entry["right"] else Card("wrong", f"✗ {question}")
            card.add("you said", str(entry["answer"]))
        card.add("it is", str(correct))
        if because:
            card.add("because", because)
        return card

    def report(self) -> str:
        """This notebook's results as JSON, for graders: every exercise with its status, tries and diagnosis."""
        mine = SESSION.get(self.notebook, {})
        unseen = {"status": "unseen", "tries": 0, "diagnosis": ""}
        tasks = {name: mine.get("exercises", {}).get(name, unseen) for name in exercises(self.notebook)}
        whole = {"notebook": self.notebook, "exercises": tasks, "predictions": mine.get("predictions", {})}
        return json.dumps(whole, indent=1, ensure_ascii=False)

    def progress(self) -> Card:
        """A card over all notebooks: what is solved and predicted, from this session and the progress file."""
        rows, solved, total, kept = [], 0, 0, load()
        for notebook, number in NOTEBOOKS.items():
            records = [source.get(notebook, {}) for source in (kept, SESSION)]
            names = list(exercises(notebook))
            done = {n for r in records for n, e in r.get("exercises", {}).items() if e.get("status") == "solved"}
            done &= set(names)
            guesses = {q: e for r in records for q, e in r.get("predictions", {}).items() if "right" in e}
            bar = "".join("●" if name in done else "○" for name in names)
            right = sum(bool(entry["right"]) for entry in guesses.values())
            words = f"{bar}  {len(done)} of {len(names)} exercises"
            words += f", {right} of {len(guesses)} predictions" if guesses else ""
            rows.append((f"{number:02d} {notebook}", words, None))
            solved, total = solved + len(done), total + len(names)
        if "google.colab" in sys.modules and not DRIVE.is_dir():
            rows.append(("kept", "until Colab ends; with a folder nst-course in your mounted Drive, for good", None))
        return Card("solved" if solved == total else "open", f"Your progress: {solved} of {total} exercises", rows)


def chosen(answer: Any, options: Sequence[Any]) -> Any:
    """The option that an answer means: the option itself or its letter."""
    texts = [str(option) for option in options]
    letter = "abcdefghij".find(str(answer).strip(" )").lower()) if len(str(answer).strip(" )")) == 1 else -1
    if str(answer) not in texts and 0 <= letter < len(texts):
        return texts[letter]
    return answer if isinstance(answer, (bool, int, float)) else str(answer)


def agrees(answer: Any, correct: Any, within: float) -> bool:
    """Whether a prediction is the right one: the same words, or nearly the same number."""
    try:
        return math.isclose(float(answer), float(correct), rel_tol=within)
    except (TypeError, ValueError):
        return str(answer).strip().lower() == str(correct).strip().lower()
