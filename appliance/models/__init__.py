"""Model packages: what they say of themselves, and whether that is true."""
