"""How the fleet improves itself: what the improvement cycle proposes, puts into force, measures and takes back.

A kind of proposal is one file in `kinds`. `step` is the way of every proposal, `measuring` says whether one helped, and
a `FleetChange` is what is in force of it.
"""
