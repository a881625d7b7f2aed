"""Four ways to learn on the same pictures, with the same encoder, seconds and labels.

ways (train) -> scores (test) -> study (one folder entry) -> page
"""
