"""The monthly minimum: policy versions, exemptions, what each person owes."""
