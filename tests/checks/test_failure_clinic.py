"""The patients of notebook 12: each ill in its own way, each diagnosis answered, one chart for notebook and site."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nsthelpers import load_image
from nsthelpers.checks import failure_clinic as clinic
from nsthelpers.checks.machinery import book

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(book, "SESSION", {})
    monkeypatch.setenv("NSTHELPERS_PROGRESS", "off")


@pytest.mark.parametrize("letter", clinic.PATIENTS)
def test_every_answer_is_scored_with_its_own_reason(letter):
    patient = clinic.PATIENTS[letter]
    assert len(patient.others) == 3
    card = clinic.reveal(letter)
    assert card.status == "open" and patient.cause in repr(card)
    for cause, reason in patient.others.items():
        clinic.diagnose(letter, cause)
        card = clinic.reveal(letter)
        assert card.status == "wrong" and reason in repr(card) and patient.line in repr(card)
    shown = clinic.diagnose(letter)
    place = next(label[0] for label, text, _ in shown.rows if text == patient.cause)
    clinic.diagnose(letter, place)
    card = clinic.reveal(letter)
    assert card.status == "solved" and "and not yours" not in repr(card)


def test_the_right_cause_does_not_always_stand_in_one_place():
    places = [
        [text for _, text, _ in clinic.diagnose(letter).rows].index(patient.cause)
        for letter, patient in clinic.PATIENTS.items()
    ]
    assert len(set(places)) >= 3


def test_what_makes_the_patients_ill():
    photo = load_image("tuebingen", 64)
    assert clinic.sick("A")["hold"](photo)[0].data_ptr() != photo.data_ptr()
    pixels = photo.clone().requires_grad_()
    clinic.sick("C")["distance"](pixels, photo).backward()
    assert pixels.grad.isnan().all()
    assert clinic.sick("D")["load"]("tuebingen").max() > 200
    start = torch.full((1, 3, 2, 2), 0.5, requires_grad=True)
    optimiser = clinic.sick("E")["optimiser"]([start])
    start.sum().backward()
    optimiser.step()
    assert torch.allclose(start.detach(), torch.tensor(-9.5))
    assert clinic.sick("F")["clear"](optimiser) is None and start.grad.abs().sum() > 0
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    assert clinic.sick("G")["save"](red).flatten().tolist() == [0, 0, 255]
    above = torch.tensor([256 / 255, -3 / 255, 0.0]).view(1, 3, 1, 1)
    assert clinic.sick("H")["save"](above).flatten().tolist() == [0, 253, 0]
    once = clinic.Normalize()(photo)
    assert not torch.allclose(clinic.sick("I")["feed"](photo), once)
    patient = clinic.sick("J")
    assert patient["load"]("tuebingen").shape == (1, 3, 112, 192)
    assert {layer.padding_mode for layer in patient["network"] if hasattr(layer, "padding_mode")} == {"zeros"}


def test_the_page_of_the_site_holds_the_chart():
    page = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
    assert clinic.flow_table() in page, "paste nsthelpers.checks.failure_clinic.flow_table() into docs/failures.md"
