"""The sandbox copies whatever an exercise is called with."""

from typing import NamedTuple

import torch

from nsthelpers.checks.machinery.sandbox import call, copied


class Pair(NamedTuple):
    image: torch.Tensor
    name: str


def test_named_tuples_are_copied_as_what_they_are():
    pair = Pair(torch.ones(2), "cat")
    copy = copied(pair, torch.float64)
    assert type(copy) is Pair and copy.name == "cat" and copy.image.dtype == torch.float64
    copy.image.zero_()
    assert pair.image.tolist() == [1.0, 1.0]
    assert copied([(pair, 3)])[0][0].image.tolist() == [1.0, 1.0]


def test_a_change_inside_a_named_tuple_is_noticed():
    outcome = call(lambda pair: pair.image.zero_(), (Pair(torch.ones(2), "cat"),))
    assert outcome.error is None and outcome.changed == 0
