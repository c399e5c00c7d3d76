"""How often do detectors cry wolf, and how often do they sleep?"""
