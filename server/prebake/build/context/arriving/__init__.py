"""Whether what instructions name reaches the builder, and what brings what is not there."""
