"""What the image has of the models that its containers load, what it lacks, and what they do not find."""
