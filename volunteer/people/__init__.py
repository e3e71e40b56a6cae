"""The register of people: who belongs to which unit, since when, until when."""
