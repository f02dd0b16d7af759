"""Compressed pictures → pixels, without trusting the pictures."""
