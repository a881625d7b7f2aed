"""A branch of a run: from the weights of one of its snapshots on, with some settings changed.

A fork is a run of its own. Its step counter, learning rate, order of pictures and recipes continue
where the other run was, so that with nothing changed it would see the same views. Its optimiser
starts from zero, as snapshots hold only weights. `config.json` says where the fork comes from;
`Run.origin` reads it.
"""

from __future__ import annotations

import contextlib
import shutil

from ..base.errors import ConfigError, RunError
from ..base.files import read_npz
from ..machine.devices import find_device
from ..runs.layout import METHODS
from ..runs.run import Run
from ..runs.snapshots.checkpoint import bare_checkpoint
from ..runs.store import RunStore
from ..runs.validation import number
from ..settings.config import RunConfig, ViewConfig, differences, replace
from . import launch

CHANGED = ("temperature", "learning_rate")  # of the training, that a fork may change


def forked_config(
    config: RunConfig,
    step: int,
    views: ViewConfig | None = None,
    steps: int = 0,
    **changes: float | None,
) -> RunConfig:
    """Return the settings of a fork.

    Args:
        config: of the run that it leaves; its number of steps is known.
        step: where it leaves.
        views: other ones; None keeps them.
        steps: at which the fork ends, counted like the run's own; 0 takes the run's, or as many
            again where none is left.
        changes: `temperature`, `learning_rate`; None keeps the run's.

    Raises:
        ConfigError: a value out of range, or an end that lies before the beginning.
    """
    training = config.training
    if unknown := set(changes) - set(CHANGED):
        raise ConfigError(f"Expected some of {', '.join(CHANGED)}, found {', '.join(unknown)}.")
    end = steps or (training.steps if training.steps > step else step + training.steps)
    if end <= step:
        raise ConfigError(
            f"Expected an end after step {step:,}, where the fork begins, found {end:,}; "
            "name a later one."
        )
    given = {name: value for name, value in changes.items() if value is not None}
    return replace(
        config,
        views=views or config.views,
        training=replace(training, steps=end, **given),
    )


def fork(
    store: RunStore,
    parent: Run,
    step: int,
    views: ViewConfig | None = None,
    steps: int = 0,
    name: str = "",
    **changes: float | None,
) -> Run:
    """Start a fork of a run; it trains as soon as its device is free.

    Args:
        store: where it is to lie.
        parent: the run that it leaves; may still train.
        step: of a snapshot whose weights were kept (`Run.weight_steps`).
        views, steps, changes: as for `forked_config`.
        name: for people; made from what is changed if empty.

    Returns:
        The new run.

    Raises:
        ConfigError: as `forked_config`; or the run has no weights of that step.
        RunError: the run has no weights, or does not know its steps yet.
        RunDamaged: they cannot be read.
        DeviceError: its device is not there.
    """
    old = parent.config
    known = parent.weight_steps()
    if step not in known:
        some = ", ".join(f"{found:,}" for found in known[-12:])
        if not known:
            raise RunError(
                f"Run {parent.id} has no weights to continue from: it was recorded or imported "
                "without them, or has made no snapshot yet."
            )
        raise ConfigError(
            f"Run {parent.id}: expected the weights of step {step:,}, found those of {some}; "
            "choose one of these steps."
        )
    if not old.training.steps:
        raise RunError(
            f"Run {parent.id}: expected a known number of steps, found the run still measuring "
            "its pace; try again in a few seconds."
        )
    config = forked_config(old, step, views, steps, **changes)
    find_device(config.training.device)
    weights = read_npz(parent.weights_path(step))
    seconds = next((r.get("seconds") for r in parent.snapshot_rows() if r["step"] == step), 0.0)

    def fill(run: Run) -> None:
        """Write where it comes from, its weights, and its first map."""
        record = run.record
        record["forked"] = {"run": parent.id, "step": step, "name": parent.name}
        record["steps_from"] = "steps"
        run.write_record(record)
        end = config.training.steps
        bare_checkpoint(run.checkpoint_path, weights, step, end, number(seconds) or 0.0)
        _copy_map(parent, run, step)

    run = store.create(config, name or fork_name(parent, old, config, step), fill=fill)
    launch.advance(store)
    return run


def _copy_map(parent: Run, run: Run, step: int) -> None:
    """Copy the parent's map, so that the fork's begins with the same h at the same places.

    The worker writes this snapshot again, because its views may differ.
    """
    pairs = [(parent.snapshot_path(step), run.snapshot_path(step))]
    pairs += [(parent.coordinates_path(m, step), run.coordinates_path(m, step)) for m in METHODS]
    for source, copy in pairs:
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(source, copy)


def fork_name(parent: Run, old: RunConfig, new: RunConfig, step: int) -> str:
    """Make a name that says what is changed from which step on."""
    changed = differences(old.training, new.training)
    words = [
        f"{name.replace('_', ' ')} {changed[name][1]:g}" for name in CHANGED if name in changed
    ]
    if old.views != new.views:
        words.append("other views")
    first = parent.name.partition(", from step ")[0]  # of a fork of a fork
    return f"{first}, from step {step:,}: {', '.join(words) or 'nothing changed'}"
