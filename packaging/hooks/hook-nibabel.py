"""nibabel: its modules as they are, without its tests, benchmarks and commands."""

excludedimports = [
    "nibabel.benchmarks",
    "nibabel.cmdline",
    "nibabel.conftest",
    "nibabel.testing",
    "nibabel.tests",
    "h5py",
    "indexed_gzip",
    "matplotlib",
    "pytest",
]
