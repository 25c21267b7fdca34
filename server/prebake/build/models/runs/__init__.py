"""What RUN downloads: by which command, to which folder, how often, and what of its failures."""
