"""Findings of the literature as comparisons that anybody can run in two minutes.

objectives -> small_training -> catalogue (what is compared, what is expected) -> results
"""
