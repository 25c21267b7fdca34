"""The ways to have a model without a download at each start."""
