"""Speed and memory benchmarks: one module for each claim of `docs/performance.md`, run from the checkout."""
