"""The sentence that a page shows while it waits for an answer, or when there will be none."""

from __future__ import annotations

from simclr_core.questions.reply import Reply


def reply_words(reply: Reply, what: str) -> str:
    """Return the sentence for a reply without arrays.

    Args:
        reply: what is known of the question.
        what: is computed, such as "The probes".
    """
    if not reply.waiting:
        return reply.words
    share = f" ({reply.share:.0%})" if reply.share else ""
    return f"{what}: {reply.words or 'waiting for other questions to be answered'}{share} …"
