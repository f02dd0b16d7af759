"""A folder → the studies in it; every file that is left out has a reason."""

from __future__ import annotations

from appliance.studies.find import find_studies

__all__ = ["find_studies"]
