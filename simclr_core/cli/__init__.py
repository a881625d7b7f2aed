"""The command line, `python -m simclr_core`.

One file a group of commands. May import every other room.
"""
