"""Four ways to learn on the same pictures, with the same encoder, seconds and labels.

ways (train) -> scores (test) -> making -> study (what is kept) -> page
"""
