"""nibabel: its modules as they are, without its tests, benchmarks, commands and viewers."""

excludedimports = [
    "nibabel.benchmarks",
    "nibabel.cmdline",
    "nibabel.conftest",
    "nibabel.testing",
    "nibabel.tests",
    "nibabel.viewers",
    "h5py",
    "indexed_gzip",
    "matplotlib",
    "pytest",
]
