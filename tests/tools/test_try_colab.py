"""What goes wrong in Colab without an exception is found: errors that are only printed, pictures that are lost."""

import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import try_colab

PICTURE = new_output("display_data", data={"image/jpeg": "AA", "text/plain": "<Figure>"})


def notebook(*outputs, tags=()):
    return new_notebook(cells=[new_code_cell("draw()", outputs=list(outputs), metadata={"tags": list(tags)})])


def test_a_lost_picture_and_a_printed_error_are_found():
    printed = new_output("stream", name="stderr", text="Error in callback <bound method LiveProgress.show>")
    assert try_colab.complaints(notebook(PICTURE), notebook(PICTURE)) == []
    assert "0 pictures instead of 1" in try_colab.complaints(notebook(PICTURE), notebook())[0]
    assert "Error in callback" in try_colab.complaints(notebook(PICTURE), notebook(PICTURE, printed))[0]
    assert try_colab.complaints(notebook(), notebook(printed, tags=["raises-exception"])) == []
