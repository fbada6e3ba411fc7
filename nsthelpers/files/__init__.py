"""Safe handling of files: decoding any picture, atomic writing, verified downloads, settings inside PNGs."""
