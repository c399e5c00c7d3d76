"""An OTLP/HTTP receiver on loopback that writes files: for agents that cannot write files themselves."""
