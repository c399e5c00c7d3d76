"""How often do people wave an agent through? Definitions 3."""
