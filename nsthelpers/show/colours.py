"""Moved to nsthelpers.engine.colours."""

from nsthelpers.engine.colours import luminance  # noqa: F401
