"""Invented heads stand behind the real ones in a pack: a full model can learn from both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packs import small_pack

from compression.__main__ import main
from training.packed import load_pack, save_pack

if TYPE_CHECKING:
    from pathlib import Path


def test_invented_heads_stand_behind_the_real_ones_under_their_own_name(tmp_path: Path) -> None:
    save_pack(small_pack(("tabriz/a", "mslesseg/b")), tmp_path / "brains.npz")
    save_pack(small_pack(("phantom/P7000",)), tmp_path / "phantoms.npz")
    out = tmp_path / "both.npz"

    assert main(["phantoms", "--runs", str(tmp_path), "--out", str(out)]) == 0

    both = load_pack(out)
    assert both.patients.tolist() == ["tabriz/a", "mslesseg/b", "phantom/P7000"]
    assert both.scan_of.tolist() == [0] * 4 + [1] * 4 + [2] * 4
