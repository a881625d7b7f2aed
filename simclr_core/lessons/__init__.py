"""Findings of the literature as comparisons that anybody can run in two minutes.

catalogue (what is compared and expected) -> lesson_data -> small_training -> quantities -> results
"""
