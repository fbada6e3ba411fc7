"""Beyond Gatys: other statistics for the same loop, and networks that paint in one pass (notebook 11)."""
