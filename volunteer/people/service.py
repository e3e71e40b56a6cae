"""Changes to the register that other features make as a part of their own verbs."""

from . import facts

set_phone = facts.set_phone
record_consent = facts.record_consent
