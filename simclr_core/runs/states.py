"""The states of a run, and which of them it is in now."""

QUEUED, STARTING, RUNNING = "queued", "starting", "running"
PAUSED, STOPPED, FINISHED = "paused", "stopped", "finished"
FAILED, INTERRUPTED, DAMAGED = "failed", "interrupted", "damaged"

GOING = (STARTING, RUNNING)
ENDED = (PAUSED, STOPPED, FINISHED, FAILED, INTERRUPTED, DAMAGED)
RESUMABLE = (PAUSED, STOPPED, FAILED, INTERRUPTED)
STATES = (QUEUED, STARTING, RUNNING, *ENDED)

COMPILING, PACING = "compiling", "finding the pace"  # phases in which the pace is measured


def state_now(written: str, alive: bool) -> str:
    """Return a run's true state: one that was going and that no worker holds was interrupted.

    Args:
        written: the state that the worker wrote last.
        alive: whether a worker holds the run.
    """
    return INTERRUPTED if written in GOING and not alive else written


def a_run(state: str) -> str:
    """Return a state as the words of a sentence: "a queued one", "an interrupted one"."""
    return f"an {state} one" if state[0] in "aeiou" else f"a {state} one"
