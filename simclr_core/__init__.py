"""SimCLR Lab's engine, in rooms, in the order in which one reads them.

    base        errors, files, locks, paths, processes, progress
    settings    all settings of a run, and presets
    machine     devices and memory
    data        images: built-in sets, readers of what people bring, labels, splits
    views       recipes are drawn, then rendered
    loss        NT-Xent
    model       encoder (h), projection head (z), SimCLR, optimisers
    measures    arrays in, scores and coordinates out
    runs        the run folder, its snapshots, health, comparison
    training    the trainer, its callbacks, the final evaluation
    workers     processes: launch, worker, spare, mapper, queue
    questions   questions to a run, and who answers them
    lessons     findings of the literature, tried here
    paradigms   four ways to learn, on the same pictures
    figures     colours and Plotly figures
    export      tables, print, replay, TensorBoard, encoder
    feed        what a browser is sent
    bench       how fast the engine is
    cli         the command line

A room imports only rooms above it (`make check` holds that). Nothing here imports Streamlit, and
importing the package, or a room, imports no deep-learning framework.
"""

import os as _os

__version__ = "0.2.0"

# OpenCV reads its limit once, when a process first imports it: a 120-megapixel picture takes
# 360 MB while it is decoded.
_os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "120000000")
