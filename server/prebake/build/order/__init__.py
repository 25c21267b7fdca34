"""The order of a stage's instructions: what depends on what, and how they can stand instead."""
