"""Can it be saved? Tried before the run; and what is saved is whole, with the permissions of any other file."""

import errno
import io
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections import namedtuple

import pytest
import torch
from PIL import Image

from nsthelpers import save_image
from nsthelpers.files import writing
from nsthelpers.files.writing import check_folder, check_target, encode

Disk = namedtuple("Disk", "total used free")
BLACK = torch.zeros(1, 3, 2, 2)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG"), ("webp", "WEBP"), ("gif", "GIF"), ("tif", "TIFF"), ("bmp", "BMP"),
     ("avif", "AVIF"), ("pdf", "PDF"), ("tga", "TGA"), ("ppm", "PPM")],
)  # fmt: skip
def test_formats_that_hold_a_picture(tmp_path, ending, kind):
    path = tmp_path / f"a.{ending}"
    assert check_target(path, 300) == check_target(str(path)) == kind
    save_image(torch.rand(1, 3, 200, 300), path)
    if kind != "PDF":
        with Image.open(path) as picture:
            assert picture.size == (300, 200)


@pytest.mark.parametrize(
    "ending", "emf wmf h5 hdf grib bufr xbm msp palm blp ico icns docx txt psd cur fits mpg".split()
)
def test_formats_that_do_not_are_refused_before_the_run(tmp_path, ending):
    for size in (None, 48, 700):
        with pytest.raises(ValueError, match=f"^Cannot save 'a.{ending}': .*; use .png( or .jpg)?\\.$"):
            check_target(tmp_path / f"a.{ending}", size)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="use .png"):
        save_image(BLACK, tmp_path / f"a.{ending}")


def test_no_ending(tmp_path):
    with pytest.raises(ValueError, match="the ending '' is not a picture format"):
        check_target(tmp_path / "out")


def test_limits_of_the_size(tmp_path):
    assert check_target(tmp_path / "a.webp", 16383) == "WEBP" and check_target(tmp_path / "a.jpg", 16384) == "JPEG"
    with pytest.raises(ValueError, match="at most 16383 pixels on a side, not 16384; use .png"):
        check_target(tmp_path / "a.webp", 16384)
    with pytest.raises(ValueError, match="not 16400; use .png"):
        save_image(torch.zeros(1, 3, 1, 16400), tmp_path / "a.webp")
    assert list(tmp_path.iterdir()) == []


# Places


def test_a_read_only_file_is_neither_replaced_nor_changed(tmp_path):
    path = save_image(BLACK, tmp_path / "a.png")
    before = path.read_bytes()
    path.chmod(0o444)
    for attempt in (lambda: check_target(path), lambda: save_image(BLACK + 1, path)):
        with pytest.raises(PermissionError, match="'a.png': the file there is read-only; use another name."):
            attempt()
    assert path.read_bytes() == before and mode_of(path) == 0o444 and os.listdir(tmp_path) == ["a.png"]


def test_a_folder_where_nothing_can_be_created(tmp_path, monkeypatch):
    monkeypatch.setattr(
        writing, "open", lambda *_: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only")), raising=False
    )
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: Disk(1, 1, 0))
    with pytest.raises(PermissionError, match="is not writable; use another folder"):
        check_target(tmp_path / "a.png")  # not "the disk is nearly full"


def test_a_folder_that_is_closed(tmp_path):
    """As nobody: root may write everywhere."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no users here")
    folder, user = tmp_path / "closed", os.geteuid()
    folder.mkdir(mode=0o755)
    folder.chmod(0o555)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == tmp_path.owner() and len(parent.parts) > 2:
            parent.chmod(parent.stat().st_mode | 0o755)
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(PermissionError, match="is not writable"):
            check_target(folder / "a.png")
    finally:
        if user == 0:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_place_without_chmod_is_good(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    path = save_image(BLACK, tmp_path / "a.png")
    for name in ("chmod", "fchmod"):
        monkeypatch.setattr(os, name, refuse, raising=False)
    monkeypatch.setattr(shutil, "copymode", refuse)
    save_image(BLACK + 1, path)
    with Image.open(path) as picture:
        assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_permissions_are_those_of_any_new_file_and_stay_those_of_an_old_one(tmp_path):
    """In a program of its own, as a umask is the whole process's."""
    code = """
import os, sys
from nsthelpers.files.writing import Path, write_atomically
for umask in ("022", "077", "002"):
    os.umask(int(umask, 8))
    path = Path(sys.argv[1]) / umask
    write_atomically(path, b"new")
    path.with_suffix(".old").touch(mode=0o640)
    os.chmod(path.with_suffix(".old"), 0o640)
    write_atomically(path.with_suffix(".old"), b"new")
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert {path.name: mode_of(path) for path in tmp_path.iterdir()} == {
        "022": 0o644, "077": 0o600, "002": 0o664, "022.old": 0o640, "077.old": 0o640, "002.old": 0o640
    }  # fmt: skip
    assert all(path.read_bytes() == b"new" for path in tmp_path.iterdir())


def test_the_umask_is_never_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask is the whole process's"))
    save_image(BLACK, tmp_path / "a.png")


def test_disks(tmp_path, monkeypatch):
    def disk(total, free):
        monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: Disk(total, total - free, free))

    disk(20 * 2**20, 19 * 2**20)  # small and empty
    assert check_target(tmp_path / "a.png", 512) == "PNG"
    disk(0, 0)  # a network folder that does not tell
    assert check_target(tmp_path / "a.png", 512) == "PNG"
    disk(2**40, 2**19)
    with pytest.raises(OSError, match="the disk is nearly full; delete something first") as caught:
        check_target(tmp_path / "a.png", 512)
    assert caught.value.errno == errno.ENOSPC
    disk(20 * 2**20, 19 * 2**20)
    with pytest.raises(OSError, match="nearly full"):
        check_target(tmp_path / "a.png", 16384)
    disk(2**40, 2**30)
    monkeypatch.setattr(writing, "open", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")), raising=False)
    with pytest.raises(OSError, match="nearly full"):
        check_folder(tmp_path / "a.png")


def test_a_link_into_another_folder_is_tried_there(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "a.png"
    link.symlink_to(tmp_path / "there" / "real.png")
    assert check_target(link) == "PNG"
    save_image(BLACK, link)
    assert link.is_symlink() and os.listdir(tmp_path / "there") == ["real.png"]


def test_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert check_target("~/a.png") == "PNG" and save_image(BLACK, "~/a.png") == tmp_path / "a.png"
    assert (tmp_path / "a.png").is_file()


def test_eight_threads_save_to_one_name(tmp_path):
    path = tmp_path / "a.png"
    threads = [threading.Thread(target=save_image, args=(BLACK + n / 255, path)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Image.open(path) as picture:
        assert picture.getpixel((0, 0))[0] in range(8)
    assert os.listdir(tmp_path) == ["a.png"]


def test_quality():
    noise = Image.effect_noise((64, 64), 90).convert("RGBA")
    assert len(encode(noise, "JPEG", quality=20)) < len(encode(noise, "JPEG"))
    with Image.open(io.BytesIO(encode(noise, "JPEG"))) as picture:
        assert picture.mode == "RGB" and picture.layer[0][1:3] == picture.layer[1][1:3]  # colours are not subsampled
