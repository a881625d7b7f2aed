"""What is said while an answer of the analyst is awaited."""

from __future__ import annotations

from simclr_core.questions import analyst, jobs
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


def waiting(run: Run, what: str, found: jobs.Answer) -> tuple[str, bool]:
    """Words, and whether the answer will come; wakes the analyst if need be.

    Args:
        run: what is asked.
        what: is awaited, such as "The probes".
        found: what is known of the question; not an answer.

    Raises:
        LabError: the analyst cannot be started.
    """
    if found.state == jobs.FAILED:
        return found.error, False
    if trouble := analyst.wake(RunStore(run.path.parent)):
        return trouble, False
    share = f" ({found.share:.0%})" if found.share else ""
    return f"{what}: {found.words or 'waiting for other questions to be answered'}{share} …", True
