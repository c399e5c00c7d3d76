"""How often do detectors cry wolf, and how often do they sleep?

Where does a number come from? `metrics/catalogue/detectors.py` names a function of `measures.py`, which
states it of one DetectorSlice; `detectors.py` makes that slice from counts (`tally`, `counting`), scores
(`scoring`), the audit (`audits`) and what is true of each item (`judging`, `truth`).
"""
