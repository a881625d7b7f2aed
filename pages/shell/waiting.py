"""The line that a page shows while a question is answered: what, how far, and what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.questions.job import Job
from simclr_core.questions.jobs import key_of, withdraw
from simclr_core.questions.large_probe import owner
from simclr_core.questions.reply import Reply, look, read
from simclr_core.runs.run import Run
from simclr_core.workers.standing import AT_REST, Line

COUNTED, EXPLAINED = 3.0, 10.0  # seconds after which they are shown, and the reason is given
ASKED = {  # kind of a request -> words for it, where others wait for it
    "animation": "a GIF",
    "encode": "a comparison of pictures",
    "encoder": "an encoder's file",
    "clusters": "clusters",
    "keeps": "linear probes",
    "layout": "a map with other settings",
    "more": "a map of more pictures",
    "occlude": "a look at what each part adds",
    "lesson": "a lesson",
    "study": "a study of the four ways to learn",
    "open": "a file to open",
}
_CANCELLED = "cancelled_questions"  # in the session: marks of what this browser has cancelled


@dataclass(frozen=True)
class Wait:
    """A piece of work that a page waits for, or that was cancelled.

    Attributes:
        what: is computed, such as "The map of z".
        key: of the elements; small letters, digits and hyphens.
        press: what the button does: cancel, or compute again.
        words: what is being done; empty before it begins.
        share: of the work that is done, in [0, 1]; None or 0 if that is not known.
        line: what it waits for.
        cancelled: whether it was.
        shared: whether cancelling ends it for other browsers too.
    """

    what: str
    key: str
    press: Callable[[], None]
    words: str = ""
    share: float | None = None
    line: Line = AT_REST
    cancelled: bool = False
    shared: bool = False


def ask_run(run: Run, job: Job, what: str) -> tuple[Reply, Wait | None]:
    """Ask a run, unless this browser cancelled the same question.

    Args:
        run: the run, or a set of its pictures.
        job: the question.
        what: is computed, such as "The map of z".

    Returns:
        What is known of the question, and the line to show with `show_waits` as long as it is
        neither answered nor failed.
    """
    mark = f"{owner(run).id} {run.id} {job.digest}"
    cancelled = st.session_state.setdefault(_CANCELLED, set())
    key = f"wait-{owner(run).id}-{run.id}-{job.digest[:12]}"
    if mark in cancelled:
        reply = _known(run, job)
        if reply.arrays is None:
            again = partial(cancelled.discard, mark)
            return Reply(), Wait(what, key, again, cancelled=True)
    reply = look(run, job)
    if not reply.waiting:
        return reply, None

    def cancel() -> None:
        withdraw(run, reply.key)
        cancelled.add(mark)

    return reply, Wait(what, key, cancel, reply.words, reply.share, reply.line)


def show_waits(waits: Iterable[Wait | None], floats: bool = False) -> None:
    """Draw one line for each piece of work: what, how far, why it takes long, and a button.

    Args:
        waits: None is left out.
        floats: over the foot of the page, where a figure takes all the room.
    """
    with st.container(key="waits-float" if floats else None, gap="small"):
        for wait in {wait.key: wait for wait in waits if wait}.values():
            with st.container(
                horizontal=True, vertical_alignment="center", key=wait.key, width="content"
            ):
                st.html(wait_html(wait))
                st.button(
                    "Compute again" if wait.cancelled else "Cancel",
                    key=f"{wait.key}-button",
                    on_click=wait.press,
                    help="Cancels it for every browser that waits for it." if wait.shared else None,
                )


def wait_html(wait: Wait) -> str:
    """Return the line without its button, as HTML."""
    if wait.cancelled:
        return render("shell/wait", what=wait.what, doing="cancelled.", share=None, reason="")
    share = wait.share or None
    parts = [doing(wait.words, wait.line)]
    if share:
        parts.append(f"{share:.0%}")
    if wait.line.seconds > COUNTED:
        parts.append(_duration(wait.line.seconds))
    words = " · ".join(parts)
    return render("shell/wait", what=wait.what, doing=words, share=share, reason=reason(wait.line))


def doing(words: str, line: Line) -> str:
    """Return what happens with a request now, in a few words.

    Args:
        words: what its worker says; empty before it begins.
        line: what it waits for.
    """
    if words:
        return words
    if line.ahead:
        first = ASKED.get(line.first, "another question")
        if line.ahead == 1:
            return f"queued behind {first}"
        return f"queued behind {line.ahead} others, first {first}"
    if line.starting:
        return "starting the process that computes it"
    return "the process that computes it is getting ready"


def reason(line: Line) -> str:
    """Return why it takes so long, once it does; empty before, and if nothing else is known."""
    if line.seconds <= EXPLAINED:
        return ""
    crowd = f"about {line.wanting} programs want it" if line.wanting else ""
    if line.training:
        return f"A run is also training on the processor{crowd and f' ({crowd})'}."
    return f"The processor is busy: {crowd}." if crowd else ""


def _known(run: Run, job: Job) -> Reply:
    """Return what is known of a question without keeping it open."""
    try:
        return read(run, key_of(run, job))
    except LabError as error:
        return Reply(words=str(error), failed=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"
