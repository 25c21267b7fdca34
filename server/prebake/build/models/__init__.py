"""Model downloads: which a build and its containers make, and the plan of making them at build time."""
