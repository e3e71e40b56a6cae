"""Scans, presence, check-in and check-out by QR code and by roll call."""
