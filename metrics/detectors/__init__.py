"""How often do detectors cry wolf, and how often do they sleep?

Where does a number come from? `metrics/catalogue/detectors.py` names it, `measures.py` says which function of
`rates.py` or `score_measures.py` states it of one DetectorSlice; `detectors.py` makes that slice from counts
(`tally`, `counting`), scores (`scoring`), the audit (`audits`) and each item's truth (`judging`, `truth`).
"""
