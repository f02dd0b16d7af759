"""Stands in, at run time, for solvers that SciPy loads and nothing here ever calls (10 MB).

Their names can be looked up, as SciPy does while it is loaded; using one of them says what is missing.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NoReturn

NOT_SHIPPED = (
    "scipy.integrate._odepack",
    "scipy.integrate._vode",
    "scipy.linalg._decomp_interpolative",
    "scipy.optimize._highspy._core",
    "scipy.optimize._highspy._highs_options",
    "scipy.optimize._lbfgsb",
    "scipy.optimize._slsqplib",
    "scipy.sparse.linalg._dsolve._superlu",
    "scipy.sparse.linalg._eigen.arpack._arpacklib",
    "scipy.sparse.linalg._propack",
)


class _Absent:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self._name}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError(f"{self._name} is not part of this program")


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> _Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")


if getattr(sys, "frozen", False):
    sys.modules.update({name: _StandIn(name) for name in NOT_SHIPPED})
