"""Raw inputs of any size from a known truth: for the demo, the tests and the benchmarks."""
