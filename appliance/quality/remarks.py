"""A number against its two limits."""

from __future__ import annotations

from appliance.findings.study import QualityRemark, Verdict


def remark(
    check: str, value: float | None, limits: tuple[float, float], sentence: str, advice: str
) -> tuple[QualityRemark, ...]:
    """Return one remark if a limit is reached, for warning or for refusing; else none."""
    warn, refuse = limits
    if value is None or value < warn:
        return ()
    refused = value >= refuse
    return (
        QualityRemark(
            check,
            Verdict.REFUSED if refused else Verdict.WARNING,
            sentence.format(value=value),
            advice,
            round(value, 4),
            refuse if refused else warn,
        ),
    )
