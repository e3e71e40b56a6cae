"""The ledger of service minutes: entries are added, never changed or removed."""
