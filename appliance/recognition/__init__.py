"""What a series shows: decided from its header and its words, never from its pixels, and without I/O."""
