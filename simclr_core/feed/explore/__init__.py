"""What Explore is sent: the map's frames, facts about a picture, pairs, selections, comparisons.

May import what `feed` may, and the rest of `feed`.
"""
