"""Holidays and make-up workdays: which days are worked, with a city's own days."""
