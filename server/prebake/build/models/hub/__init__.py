"""The client of the Hugging Face Hub in an image: its release, its commands, its cache, its variables."""
