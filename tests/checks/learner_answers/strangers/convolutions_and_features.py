"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "convolve",
        "wrong",
        "a loop off by one: the last row and column of places are missing",
        '''
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    H, W = image.shape
    h, w = kernel.shape
    out = torch.zeros(H - h, W - w)
    for y in range(H - h):
        for x in range(W - w):
            out[y, x] = (image[y : y + h, x : x + w] * kernel).sum()
    return out
''',
    ),
    (
        "convolve",
        "wrong",
        "turned the kernel round, as the convolution of mathematics does",
        """
def convolve(image, kernel):
    kernel = kernel.flip(0).flip(1)
    h, w = kernel.shape
    rows = []
    for y in range(image.shape[0] - h + 1):
        row = []
        for x in range(image.shape[1] - w + 1):
            row.append((image[y : y + h, x : x + w] * kernel).sum())
        rows.append(torch.stack(row))
    return torch.stack(rows)
""",
    ),
    (
        "convolve",
        "wrong",
        "multiplied a list of lists, so that all rows are one and the same list",
        '''
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    H, W = image.shape
    h, w = kernel.shape
    new = [[0.0] * (W - w + 1)] * (H - h + 1)
    for y in range(H - h + 1):
        for x in range(W - w + 1):
            new[y][x] = (image[y : y + h, x : x + w] * kernel).sum().item()
    return torch.tensor(new)
''',
    ),
    (
        "convolve",
        "wrong",
        "took the matrix product of window and kernel",
        """
def convolve(image, kernel):
    h, w = kernel.shape
    out = torch.zeros(image.shape[0] - h + 1, image.shape[1] - w + 1)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = (image[y : y + h, x : x + w] @ kernel).sum()
    return out
""",
    ),
    (
        "convolve",
        "wrong",
        "thought that every kernel is 3 × 3",
        '''
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    H, W = image.shape
    out = torch.zeros(H - 2, W - 2)
    for y in range(H - 2):
        for x in range(W - 2):
            total = 0
            for i in range(3):
                for j in range(3):
                    total += kernel[i, j] * image[y + i, x + j]
            out[y, x] = total
    return out
''',
    ),
    (
        "convolve",
        "right",
        "two loops over the places",
        '''
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    (H, W), (h, w) = image.shape, kernel.shape
    out = image.new_zeros(H - h + 1, W - w + 1)
    for y in range(H - h + 1):
        for x in range(W - w + 1):
            window = image[y : y + h, x : x + w]
            out[y, x] = (window * kernel).sum()
    return out
''',
    ),
    (
        "convolve",
        "right",
        "loops over the kernel's entries instead, with shifted pictures",
        """
def convolve(image, kernel):
    h, w = kernel.shape
    height, width = image.shape[0] - h + 1, image.shape[1] - w + 1
    result = 0
    for i in range(h):
        for j in range(w):
            result = result + kernel[i, j] * image[i : i + height, j : j + width]
    return result
""",
    ),
    (
        "filter_image",
        "wrong",
        "padded with zeros by padding='same'",
        '''
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    C = image.shape[1]
    return F.conv2d(image, kernel.expand(C, 1, *kernel.shape), padding="same", groups=C)
''',
    ),
    (
        "filter_image",
        "wrong",
        "gave F.pad the rows first, although it wants left and right first",
        """
def filter_image(image, kernel):
    h, w = kernel.shape
    channels = image.shape[1]
    padded = F.pad(image, (h // 2, h // 2, w // 2, w // 2), mode="replicate")
    weight = kernel[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(padded, weight, groups=channels)
""",
    ),
    (
        "filter_image",
        "wrong",
        "a bank without groups, so every output channel is the sum of all channels",
        '''
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    h, w = kernel.shape
    C = image.shape[1]
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    return F.conv2d(padded, kernel.expand(C, C, h, w))
''',
    ),
    (
        "filter_image",
        "wrong",
        "padded by one pixel, which is right for 3 × 3 only",
        """
def filter_image(image, kernel):
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    c = image.shape[1]
    return F.conv2d(padded, kernel.repeat(c, 1, 1, 1), groups=c)
""",
    ),
    (
        "filter_image",
        "wrong",
        "mirrored the border instead of repeating it",
        '''
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="reflect")
    channels = [F.conv2d(padded[:, c : c + 1], kernel[None, None]) for c in range(image.shape[1])]
    return torch.cat(channels, dim=1)
''',
    ),
    (
        "filter_image",
        "right",
        "one conv2d with a group for each channel",
        '''
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    h, w = kernel.shape
    C = image.shape[1]
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    return F.conv2d(padded, kernel.expand(C, 1, h, w), groups=C)
''',
    ),
    (
        "filter_image",
        "right",
        "moved the channels into the batch and back",
        """
def filter_image(image, kernel):
    b, c, height, width = image.shape
    dy, dx = kernel.shape[0] // 2, kernel.shape[1] // 2
    single = image.reshape(b * c, 1, height, width)
    single = F.pad(single, (dx, dx, dy, dy), mode="replicate")
    return F.conv2d(single, kernel[None, None]).reshape(b, c, height, width)
""",
    ),
    (
        "kuwahara",
        "wrong",
        "did not sum the variance over the colours, so each channel picks its own window",
        '''
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    box = image.new_ones(side, side) / side**2
    mean = filter_image(image, box)
    variance = filter_image(image**2, box) - mean**2
    means, variances = corners(mean, side // 2), corners(variance, side // 2)
    best = variances.argmin(dim=0, keepdim=True)
    return means.gather(0, best)[0]
''',
    ),
    (
        "kuwahara",
        "wrong",
        "took the window with the largest variance",
        """
def kuwahara(image, side):
    box = torch.ones(side, side) / side**2
    mean = filter_image(image, box)
    var = (filter_image(image.square(), box) - mean.square()).sum(1, keepdim=True)
    means, variances = corners(mean, side // 2), corners(var, side // 2)
    choice = variances.argmax(dim=0, keepdim=True).expand(1, *image.shape)
    return torch.gather(means, 0, choice).squeeze(0)
""",
    ),
    (
        "kuwahara",
        "wrong",
        "went a whole side away instead of half",
        '''
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    box = image.new_ones(side, side) / side**2
    mean = filter_image(image, box)
    v = (filter_image(image.square(), box) - mean.square()).sum(dim=1, keepdim=True)
    means, v = corners(mean, side), corners(v, side)
    index = v.argmin(dim=0, keepdim=True).expand(1, *image.shape)
    return means.gather(0, index)[0]
''',
    ),
    (
        "kuwahara",
        "wrong",
        "forgot to divide the kernel of ones, so it sums instead of taking means",
        """
def kuwahara(image, side):
    ones = image.new_ones(side, side)
    mean = filter_image(image, ones)
    v = (filter_image(image.square(), ones) - mean.square()).sum(dim=1, keepdim=True)
    means, vs = corners(mean, side // 2), corners(v, side // 2)
    index = vs.argmin(dim=0, keepdim=True).expand(1, *image.shape)
    return means.gather(0, index)[0]
""",
    ),
    (
        "kuwahara",
        "wrong",
        "half finished: returns the smallest variance, not the colour that belongs to it",
        '''
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    kernel = torch.full((side, side), 1 / side**2)
    mean = filter_image(image, kernel)
    squares = filter_image(image.square(), kernel)
    v = (squares - mean.square()).sum(dim=1, keepdim=True)
    calmest = corners(v, side // 2).min(dim=0).values
    return calmest.expand_as(image)
''',
    ),
    (
        "kuwahara",
        "right",
        "argmin over the four variances and gather",
        '''
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    box = image.new_ones(side, side) / side**2
    mean = filter_image(image, box)
    variance = (filter_image(image.square(), box) - mean.square()).sum(dim=1, keepdim=True)
    means, variances = corners(mean, side // 2), corners(variance, side // 2)
    calmest = variances.argmin(dim=0, keepdim=True).expand(1, *image.shape)
    return means.gather(0, calmest)[0]
''',
    ),
    (
        "kuwahara",
        "right",
        "kept the calmest so far, window after window, with torch.where",
        """
def kuwahara(image, side):
    kernel = image.new_full((side, side), 1 / side**2)
    mean = filter_image(image, kernel)
    v = (filter_image(image * image, kernel) - mean * mean).sum(dim=1, keepdim=True)
    all_means, all_v = corners(mean, side // 2), corners(v, side // 2)
    best, least = all_means[0], all_v[0]
    for n in range(1, 4):
        calmer = all_v[n] < least
        best = torch.where(calmer, all_means[n], best)
        least = torch.where(calmer, all_v[n], least)
    return best
""",
    ),
    (
        "max_pool",
        "wrong",
        "did not leave out the odd last row or column: the reshape fails",
        '''
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    B, C, H, W = features.shape
    return features.reshape(B, C, H // 2, 2, W // 2, 2).amax(dim=(3, 5))
''',
    ),
    (
        "max_pool",
        "wrong",
        "reshaped four numbers in a row together instead of a block of 2 × 2",
        """
def max_pool(features):
    B, C, H, W = features.shape
    features = features[:, :, : H // 2 * 2, : W // 2 * 2]
    return features.reshape(B, C, H // 2, W // 2, 4).max(dim=-1).values
""",
    ),
    (
        "max_pool",
        "wrong",
        "forgot that max with a dim also returns indices, so it hands back a pair",
        '''
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    blocks = features.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    return blocks.max(dim=4)
''',
    ),
    (
        "max_pool",
        "wrong",
        "copied plain numbers with item(), so no gradient comes back",
        """
def max_pool(features):
    B, C, H, W = features.shape
    out = torch.zeros(B, C, H // 2, W // 2)
    for b in range(B):
        for c in range(C):
            for y in range(H // 2):
                for x in range(W // 2):
                    block = features[b, c, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
                    out[b, c, y, x] = block.max().item()
    return out
""",
    ),
    (
        "max_pool",
        "wrong",
        "compared only the two diagonal corners of each block",
        '''
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    h, w = features.shape[2] // 2 * 2, features.shape[3] // 2 * 2
    return torch.maximum(features[:, :, 0:h:2, 0:w:2], features[:, :, 1:h:2, 1:w:2])
''',
    ),
    (
        "max_pool",
        "right",
        "cut to even sizes, reshaped to blocks, amax",
        '''
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    B, C, H, W = features.shape
    even = features[:, :, : H // 2 * 2, : W // 2 * 2]
    return even.reshape(B, C, H // 2, 2, W // 2, 2).amax(dim=(3, 5))
''',
    ),
    (
        "max_pool",
        "right",
        "the maximum of four slices with stride two",
        """
def max_pool(features):
    h, w = 2 * (features.shape[-2] // 2), 2 * (features.shape[-1] // 2)
    top = torch.maximum(features[..., 0:h:2, 0:w:2], features[..., 0:h:2, 1:w:2])
    bottom = torch.maximum(features[..., 1:h:2, 0:w:2], features[..., 1:h:2, 1:w:2])
    return torch.maximum(top, bottom)
""",
    ),
    (
        "receptive_field",
        "wrong",
        "updated the jump first, so a layer's stride counts for itself",
        '''
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    r = j = 1
    for k, s in layers:
        j = j * s
        r = r + (k - 1) * j
    return r
''',
    ),
    (
        "receptive_field",
        "wrong",
        "began at 0 instead of 1",
        """
def receptive_field(layers):
    r, jump = 0, 1
    for kernel, stride in layers:
        r += (kernel - 1) * jump
        jump *= stride
    return r
""",
    ),
    (
        "receptive_field",
        "wrong",
        "left the strides out",
        '''
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    return 1 + sum(kernel - 1 for kernel, stride in layers)
''',
    ),
    (
        "receptive_field",
        "wrong",
        "multiplied by the layer's own stride instead of a jump that grows",
        """
def receptive_field(layers):
    r = 1
    previous = 1
    for k, s in layers:
        r = r + (k - 1) * previous
        previous = s
    return r
""",
    ),
    (
        "receptive_field",
        "wrong",
        "returned the field and the jump together",
        '''
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    r, j = 1, 1
    for k, s in layers:
        r, j = r + (k - 1) * j, j * s
    return r, j
''',
    ),
    (
        "receptive_field",
        "right",
        "the two recurrences in one loop",
        '''
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    r, j = 1, 1
    for k, s in layers:
        r, j = r + (k - 1) * j, j * s
    return r
''',
    ),
    (
        "receptive_field",
        "right",
        "backward from one unit of the last layer to the pixels",
        """
def receptive_field(layers):
    size = 1
    for kernel, stride in list(layers)[::-1]:
        size = (size - 1) * stride + kernel
    return size
""",
    ),
]
