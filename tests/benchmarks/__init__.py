"""What the product costs beside the least that the same work could cost.

Every figure is a ratio to a floor that is measured in the same run, in turn with the
product: the machine's mood then falls on both. Run with `python -m tests.benchmarks`.
"""
