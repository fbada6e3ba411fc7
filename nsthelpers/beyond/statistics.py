"""What else a style can be: numbers that a set of feature maps is summed up by, whatever the places."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_maps, check_whole


def channel_statistics(features: Tensor) -> Tensor:
    """Return the mean and the standard deviation of each channel: (B, C, H, W) -> (B, 2, C).

    The deviation divides by H·W. As `gram` of `StyleTransferLoss` it is the style of Li, Wang, Liu and Hou 2017.
    Raises ValueError for other shapes.

    >>> channel_statistics(torch.tensor([[[[1.0, 3.0]]]]))
    tensor([[[2.],
             [1.]]])
    """
    check_maps(features, "features")
    flat = features.flatten(2)
    mean = flat.mean(2)
    # A little under the root: at a deviation of 0 its slope would be infinite.
    return torch.stack([mean, ((flat - mean[..., None]).square().mean(2) + 1e-12).sqrt()], 1)


class SlicedWasserstein:
    """The distribution of maps along random directions: the style of Heitz, Vanhoey, Chambon and Belcour 2021.

    Every place p holds a vector f_p of C numbers. For each direction d, the C·H·W numbers become the sorted d·f_p, one for
    each place; the squared distance of two sorted lists is the squared Wasserstein distance of the two distributions. Called
    with maps (B, C, H, W) it returns (B, directions, levels): the means of `levels` equal parts of each sorted list, so
    that pictures of different sizes can be compared. As `gram` of `StyleTransferLoss` it takes this as the style.

    The directions, of length 1, are drawn once for each C from `seed`, so that the loss stays the same from step to step
    (the paper draws new ones at each). `directions` None is as many as there are channels, as in the paper. `project` is
    `sorted_projections` or your own. Raises ValueError for other shapes and numbers.

    >>> measure = SlicedWasserstein(levels=4)
    >>> maps = torch.rand(1, 3, 4, 6)
    >>> measure(maps).shape, torch.equal(measure(maps), measure(maps.flip(3)))
    (torch.Size([1, 3, 4]), True)
    """

    def __init__(
        self,
        directions: int | None = None,
        levels: int = 256,
        seed: int = 0,
        project: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> None:
        self.directions = None if directions is None else check_whole(directions, "directions", 1)
        self.levels, self.seed = check_whole(levels, "levels", 1), check_whole(seed, "seed", 0)
        self.project, self.known = project or sorted_projections, {}

    def __call__(self, features: Tensor) -> Tensor:
        check_maps(features, "features")
        channels = features.shape[1]
        if channels not in self.known:
            generator = torch.Generator().manual_seed(self.seed)
            drawn = torch.randn(self.directions or channels, channels, generator=generator)
            self.known[channels] = nn.functional.normalize(drawn)
        directions = self.known[channels].to(features)
        lists = torch.stack([self.project(maps, directions) for maps in features])
        return nn.functional.adaptive_avg_pool1d(lists, self.levels)


def sorted_projections(features: Tensor, directions: Tensor) -> Tensor:
    """Return the places' values along each direction, in rising order: (C, H, W), (K, C) -> (K, H·W).

    >>> sorted_projections(torch.tensor([[[3.0, 1.0, 2.0]]]), torch.tensor([[1.0], [-1.0]]))
    tensor([[ 1.,  2.,  3.],
            [-3., -2., -1.]])
    """
    return (directions @ features.flatten(1)).sort(1).values


def polynomial_mmd(first: Tensor, second: Tensor) -> Tensor:
    """Return the squared maximum mean discrepancy of two sets of maps, with the kernel (xᵀy)², as a 0-d tensor.

    `first` and `second` are (1, C, H, W), of any sizes; x and y are the vectors of C numbers at their places. It is
    ‖G − A‖², the squared distance of the Gram matrices (Li, Wang, Liu and Hou 2017), computed from pairs of places and
    without these: for small maps. Raises ValueError for other shapes.

    >>> polynomial_mmd(torch.tensor([[[[1.0]]]]), torch.tensor([[[[2.0]]]]))
    tensor(9.)
    """
    check_maps(first, "first")
    check_maps(second, "second", first.shape[1])
    x, y = first[0].flatten(1), second[0].flatten(1)
    alike = [(a.T @ b).square().mean() for a, b in ((x, x), (y, y), (x, y))]
    return alike[0] + alike[1] - 2 * alike[2]
