"""Four ways to learn on the same pictures, with the same encoder, seconds and labels.

study (settings, files) -> study_data -> training -> making (scores, maps, results)
"""
