"""The week that can be sent: made, sealed, listed, verified and compared."""
