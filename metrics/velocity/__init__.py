"""How long do pull requests wait for a person, and whom do they wait for?"""
