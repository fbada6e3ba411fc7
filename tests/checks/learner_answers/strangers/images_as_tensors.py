"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "from_hwc_uint8",
        "wrong",
        "reshaped instead of permuting: the shape is right, the picture scrambled",
        '''
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    h, w, c = pixels.shape
    return pixels.float().reshape(1, c, h, w) / 255
''',
    ),
    (
        "from_hwc_uint8",
        "wrong",
        "turned all axes round, so that height and width are exchanged",
        """
def from_hwc_uint8(pixels):
    return pixels.permute(2, 1, 0)[None].float() / 255
""",
    ),
    (
        "from_hwc_uint8",
        "wrong",
        "forgot the batch axis",
        '''
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    x = pixels.permute(2, 0, 1)
    x = x.to(torch.float32)
    return x / 255.0
''',
    ),
    (
        "from_hwc_uint8",
        "wrong",
        "divided by the largest value of this picture instead of 255",
        """
def from_hwc_uint8(pixels):
    x = pixels.permute(2, 0, 1).unsqueeze(0).float()
    return x / x.max()
""",
    ),
    (
        "from_hwc_uint8",
        "wrong",
        "went through NumPy and came back with 64-bit floats",
        '''
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    array = np.array(pixels).astype(float) / 255
    array = array.transpose(2, 0, 1)
    return torch.from_numpy(array[np.newaxis])
''',
    ),
    (
        "from_hwc_uint8",
        "right",
        "permute, batch axis, float, divide",
        '''
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    return pixels.permute(2, 0, 1).unsqueeze(0).float() / 255
''',
    ),
    (
        "from_hwc_uint8",
        "right",
        "took the three colour planes one by one and stacked them",
        """
def from_hwc_uint8(pixels):
    planes = [pixels[:, :, c] for c in range(3)]
    image = torch.stack(planes)[None]
    return image.to(torch.float32).div(255)
""",
    ),
    (
        "normalise",
        "wrong",
        "forgot the brackets: only the mean is divided",
        '''
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
    return image - MEAN / DEVIATION
''',
    ),
    (
        "normalise",
        "wrong",
        "understood its mean as the mean of this very picture",
        """
def normalise(image):
    mean = image.mean(dim=(2, 3), keepdim=True)
    std = image.std(dim=(2, 3), keepdim=True)
    return (image - mean) / std
""",
    ),
    (
        "normalise",
        "wrong",
        "left the three numbers in shape (3,), so they meet the width",
        '''
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
    mu = torch.tensor([0.485, 0.456, 0.406])
    sigma = torch.tensor([0.229, 0.224, 0.225])
    return (image - mu) / sigma
''',
    ),
    (
        "normalise",
        "wrong",
        "normalised in place and so changed the caller's picture",
        """
def normalise(image):
    for c in range(3):
        image[:, c] -= MEAN[c]
        image[:, c] /= DEVIATION[c]
    return image
""",
    ),
    (
        "normalise",
        "wrong",
        "copied the Caffe preprocessing from another tutorial: BGR, 0 to 255, means only",
        '''
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
    bgr = image.flip(1) * 255
    return bgr - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
''',
    ),
    (
        "normalise",
        "right",
        "used the two constants of the cell above",
        '''
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
    return (image - MEAN.to(image)) / DEVIATION.to(image)
''',
    ),
    (
        "normalise",
        "right",
        "channel by channel, then stacked",
        """
def normalise(image):
    means, deviations = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    channels = [(image[:, c] - means[c]) / deviations[c] for c in range(3)]
    return torch.stack(channels, dim=1)
""",
    ),
    (
        "view_loss",
        "wrong",
        "looked at the difference of the pictures, not at the difference of the views",
        '''
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    return 0.5 * view(image - target).square().sum()
''',
    ),
    (
        "view_loss",
        "wrong",
        "took the mean squared error of the library, which divides by the count",
        """
def view_loss(image, target, view):
    return torch.nn.functional.mse_loss(view(image), view(target)) / 2
""",
    ),
    (
        "view_loss",
        "wrong",
        "summed first and squared the sum",
        '''
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    return 1 / 2 * (view(image) - view(target)).sum() ** 2
''',
    ),
    (
        "view_loss",
        "wrong",
        "ignored the view and compared pixels",
        """
def view_loss(image, target, view):
    d = image - target
    return (d * d).sum() / 2
""",
    ),
    (
        "view_loss",
        "wrong",
        "returned a Python number, so there is nothing to go backward through",
        '''
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    difference = view(image) - view(target)
    return 0.5 * difference.pow(2).sum().item()
''',
    ),
    (
        "view_loss",
        "right",
        "the formula in one line",
        '''
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    return (view(image) - view(target)).square().sum() / 2
''',
    ),
    (
        "view_loss",
        "right",
        "a dot product of the flat difference with itself",
        """
def view_loss(image, target, view):
    d = (view(image) - view(target)).flatten()
    return 0.5 * torch.dot(d, d)
""",
    ),
    (
        "gradient",
        "wrong",
        "set requires_grad on the picture itself; at a second call the slopes add up",
        '''
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    image.requires_grad_()
    loss(image).backward()
    return image.grad
''',
    ),
    (
        "gradient",
        "wrong",
        "made a copy and forgot to switch its gradient on",
        """
def gradient(image, loss):
    x = image.clone()
    value = loss(x)
    value.backward()
    return x.grad
""",
    ),
    (
        "gradient",
        "wrong",
        "called backward on the function instead of on its value",
        '''
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    x = image.detach().clone().requires_grad_()
    loss.backward()
    return x.grad
''',
    ),
    (
        "gradient",
        "wrong",
        "hard-coded the formula for all pixels with the notebook's wave as target",
        """
def gradient(image, loss):
    t = wave
    return image - t
""",
    ),
    (
        "gradient",
        "wrong",
        "returned the copy with its gradient inside, not the gradient",
        '''
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    x = image.detach().clone()
    x.requires_grad = True
    loss(x).backward()
    return x
''',
    ),
    (
        "gradient",
        "right",
        "a fresh copy that wants gradients, then backward",
        '''
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    x = image.detach().clone().requires_grad_()
    loss(x).backward()
    return x.grad
''',
    ),
    (
        "gradient",
        "right",
        "asked autograd directly",
        """
def gradient(image, loss):
    leaf = image.clone().detach().requires_grad_(True)
    (slopes,) = torch.autograd.grad(loss(leaf), leaf)
    return slopes
""",
    ),
    (
        "train_pixels",
        "wrong",
        "forgot the start, so the list is one picture short",
        '''
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    pictures = []
    x = start
    for _ in range(steps):
        x = (x - rate * gradient(x, loss)).clamp(0, 1)
        pictures.append(x)
    return pictures
''',
    ),
    (
        "train_pixels",
        "wrong",
        "updated in place: every entry of the list is the same last picture",
        """
def train_pixels(start, loss, steps, rate):
    x = start.clone()
    pictures = [x]
    for step in range(steps):
        x -= rate * gradient(x, loss)
        x.clamp_(0, 1)
        pictures.append(x)
    return pictures
""",
    ),
    (
        "train_pixels",
        "wrong",
        "left out the clamp",
        '''
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    way = [start]
    for _ in range(steps):
        way.append(way[-1] - rate * gradient(way[-1], loss))
    return way
''',
    ),
    (
        "train_pixels",
        "wrong",
        "went up the slope instead of down",
        """
def train_pixels(start, loss, steps, rate):
    images = [start]
    for i in range(steps):
        new = images[i] + rate * gradient(images[i], loss)
        images.append(torch.clamp(new, 0, 1))
    return images
""",
    ),
    (
        "train_pixels",
        "wrong",
        "calculated the gradient once, before the loop",
        '''
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    g = gradient(start, loss)
    x = start
    pictures = [x]
    for _ in range(steps):
        x = (x - rate * g).clamp(0, 1)
        pictures.append(x)
    return pictures
''',
    ),
    (
        "train_pixels",
        "right",
        "a loop that appends the clamped step",
        '''
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    pictures = [start]
    for _ in range(steps):
        x = pictures[-1]
        pictures.append((x - rate * gradient(x, loss)).clamp(0, 1))
    return pictures
''',
    ),
    (
        "train_pixels",
        "right",
        "itertools.accumulate with the start as initial value",
        """
from itertools import accumulate


def train_pixels(start, loss, steps, rate):
    def step(image, _):
        return torch.clamp(image - rate * gradient(image, loss), min=0.0, max=1.0)

    return list(accumulate(range(steps), step, initial=start))
""",
    ),
]
