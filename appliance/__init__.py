"""What runs in the clinic: reads scans, measures, and says what it saw. Never imports torch."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("outpost-mri")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0+source"
