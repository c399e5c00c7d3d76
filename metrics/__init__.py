"""From trusted tables to judged numbers: pure functions, frames in, values out."""
