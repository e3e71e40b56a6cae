"""Faults made on purpose, and what the product must have kept; each with a control arm.

The control is a program without what the product relies on. Where it comes through
unharmed as well, the fault was too weak to prove anything. Run with `python -m tests.faults`.
"""
