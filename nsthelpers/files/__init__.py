"""What makes files safe: pictures of any kind in, whole files out, downloads that are verified, settings inside PNGs."""
