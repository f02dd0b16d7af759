"""Turns full models into the small ones that the clinic's laptop runs.

From Python 3.14 on, the standard library has a package of this name, and its own ``gzip`` needs it.
Run from the repository, this one is found first; so it lends its name to both.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
