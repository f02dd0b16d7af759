"""Stands in, at run time, for a solver of linear programs that SciPy loads and nothing here ever calls (6 MB).

Its names can be looked up, as SciPy does while it is loaded; using one of them says what is missing.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NoReturn

NOT_SHIPPED = ("scipy.optimize._highspy._core", "scipy.optimize._highspy._highs_options")


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


for _name in NOT_SHIPPED:
    sys.modules[_name] = _StandIn(_name)
