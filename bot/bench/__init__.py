"""`isee bench`: latency, throughput, memory and build times, measured on real processes."""
