"""Checks that say *which* mistake you made: one module per notebook.

For notebook authors, in short::

    from nsthelpers.checks import gram_matrices as check     # the module bears the notebook's name

    def gram(features):
        \"\"\"(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W.\"\"\"
        return None

    check.gram(gram)                    # last line of the cell: it returns a card that Jupyter shows

    gram = check.gram.mine or gram_matrix    # the learner's own if it is right, else the package's

    check.predict("What do shuffled pixels do to the Gram matrix?", options=["nothing", "they change it"])
    ...                                 # the learner clicks, or adds answer="nothing"; the next cells show it
    check.score("nothing", because="a sum does not ask for the order of its terms")
    check.progress()                    # a card over all notebooks;  check.report() gives this notebook as JSON

An exercise is data: an `Exercise` in the notebook's module, made with `book.exercise` (reference, inputs, mistakes, hints,
sentences), and nothing else is needed for a new one. `NSTHELPERS_STRICT=1` makes every check that is not solved raise
`CheckFailed`, for graders. `NSTHELPERS_PROGRESS` is the learner's progress file, or `off`. It is off by itself under
pytest and in CI; whatever else builds notebooks should set it to `off`, which also leaves out the widgets, so that two
builds agree.
The score of the checks themselves is in docs/checks.md.
"""

from nsthelpers.checks.machinery.book import CheckFailed
from nsthelpers.checks.machinery.exercise import NOTEBOOKS, Exercise, Hint, Mistake

__all__ = ["NOTEBOOKS", "CheckFailed", "Exercise", "Hint", "Mistake"]
