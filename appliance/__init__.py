"""What runs in the clinic: reads scans, measures, and says what it saw. Never imports torch."""

__version__ = "0.1.0"
