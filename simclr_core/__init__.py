"""SimCLR Lab's engine: images -> recipes -> views -> representations -> projections -> loss.

Nothing here imports Streamlit, and importing the package imports no deep-learning framework.
"""

import os as _os

__version__ = "0.1.0"

# OpenCV reads its limit once, when a process first imports it: a 120-megapixel picture takes
# 360 MB while it is decoded.
_os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "120000000")
