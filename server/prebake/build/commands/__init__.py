"""The commands of RUN instructions: what they read and write in the image, as far as that is known."""
